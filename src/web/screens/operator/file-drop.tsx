import { type DragEvent, useState } from 'react';

/** Where a file is dropped, or picked by pressing it. */
export function FileDrop({ title, note, choose }: { title: string; note: string; choose: (file: File) => void }) {
  const [is_over, setOver] = useState(false);

  function onDrop(event: DragEvent): void {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    if (file !== undefined) choose(file);
  }

  return (
    <label
      className="file-drop"
      data-over={is_over}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      <input
        type="file"
        accept=".edn,.ndjson,.gz"
        onChange={(event) => {
          const file = event.target.files?.[0];
          // The same file can be chosen again.
          event.target.value = '';
          if (file !== undefined) choose(file);
        }}
      />
      <span className="file-drop-title">{title}</span>
      <span className="settings-note">{note}</span>
    </label>
  );
}
