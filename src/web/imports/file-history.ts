import { HistoryFailure } from '../../import-client/history-failure.ts';
import type { HistorySource } from '../../import-client/history-source.ts';

/**
 * A history that a person chose, plain or gzipped.
 * @param onRead told how many of the file's own bytes were read so far
 */
export function fileHistory(file: File, onRead: (bytes: number) => void = () => {}): HistorySource {
  return {
    name: file.name,
    async *bytes() {
      const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
      const is_gzip = first === 0x1f && second === 0x8b;
      let read = 0;
      const counted = file.stream().pipeThrough(
        new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
          transform(part, controller) {
            read += part.length;
            onRead(read);
            controller.enqueue(part);
          },
        }),
      );
      const reader = (is_gzip ? counted.pipeThrough(new DecompressionStream('gzip')) : counted).getReader();
      try {
        for (;;) {
          const { value, done } = await reader.read();
          if (done) return;
          yield value;
        }
      } catch (error) {
        // The one is what the gzip decoder throws, the other what the file does.
        if (is_gzip && error instanceof TypeError)
          throw new HistoryFailure(
            'bad_file',
            `${file.name} is not whole: its gzip is broken or cut short.`,
            'Copy it again.',
          );
        if (error instanceof DOMException)
          throw new HistoryFailure(
            'bad_file',
            `${file.name} cannot be read.`,
            'Was it moved or changed? Choose it again.',
          );
        throw error;
      } finally {
        // Of a stream that failed it throws the failure again, which is told above.
        await reader.cancel().catch(() => {});
      }
    },
  };
}
