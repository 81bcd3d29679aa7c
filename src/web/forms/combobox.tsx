import { type KeyboardEvent, useId, useRef, useState } from 'react';

export interface ComboboxOption {
  readonly id: string;
  readonly label: string;
  /** Said softly beside the label. */
  readonly note?: string;
}

interface ComboboxProps {
  readonly id: string;
  readonly label: string;
  /** The options for what was typed, best first. */
  readonly find: (text: string) => readonly ComboboxOption[];
  readonly choose: (option: ComboboxOption) => void;
  /** Offers to make what was typed; left out where that cannot be. */
  readonly create?: ((text: string) => void) | undefined;
  /** What is in the box while nobody types. */
  readonly shown: string;
  readonly placeholder: string;
  readonly described_by?: string | undefined;
  readonly is_invalid?: boolean;
  readonly auto_focus?: boolean;
  /** The box is emptied when something is chosen, for the next one. */
  readonly keeps_nothing?: boolean;
  /** The list is part of the page instead of dropping down. */
  readonly is_always_open?: boolean;
  /** Said when nothing fits. */
  readonly none?: string;
}

const CREATE = 'create';

/** Type-ahead as the ARIA Authoring Practices have it: the focus stays in the box, arrows move through the list. */
export function Combobox(props: ComboboxProps) {
  const list_id = useId();
  const box = useRef<HTMLInputElement>(null);
  const [text, setText] = useState<string | null>(null);
  const [is_dropped, setOpen] = useState(false);
  const is_open = is_dropped || props.is_always_open === true;
  const [active, setActive] = useState(0);
  const typed = (text ?? '').trim();
  const found = is_open ? props.find(typed) : [];
  const can_create =
    props.create !== undefined &&
    typed !== '' &&
    !found.some((option) => option.label.toLocaleLowerCase() === typed.toLocaleLowerCase());
  const options: readonly ComboboxOption[] = can_create
    ? [...found, { id: CREATE, label: `Create “${typed}”` }]
    : found;
  const current = options[Math.min(active, options.length - 1)];

  function close(): void {
    setOpen(false);
    setText(null);
    setActive(0);
  }

  function take(option: ComboboxOption): void {
    if (option.id === CREATE && can_create) props.create?.(typed);
    else props.choose(option);
    close();
    if (props.keeps_nothing) box.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!is_open) setOpen(true);
      else {
        const step = event.key === 'ArrowDown' ? 1 : -1;
        setActive((Math.min(active, options.length - 1) + step + options.length) % Math.max(1, options.length));
      }
    } else if (event.key === 'Enter' && is_open && current !== undefined) {
      event.preventDefault();
      event.stopPropagation();
      take(current);
    } else if (event.key === 'Escape' && is_dropped && props.is_always_open !== true) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  }

  return (
    <div className="combobox" data-inline={props.is_always_open === true} data-first={props.auto_focus}>
      <input
        ref={box}
        id={props.id}
        className="input"
        role="combobox"
        aria-expanded={is_open && options.length > 0}
        aria-controls={list_id}
        aria-autocomplete="list"
        aria-activedescendant={is_open && current !== undefined ? `${list_id}-${options.indexOf(current)}` : undefined}
        aria-describedby={props.described_by}
        aria-invalid={props.is_invalid ?? false}
        autoComplete="off"
        placeholder={props.placeholder}
        value={text ?? props.shown}
        onChange={(event) => {
          setText(event.target.value);
          setOpen(true);
          setActive(0);
        }}
        onFocus={(event) => event.target.select()}
        onClick={() => setOpen(true)}
        onBlur={props.is_always_open ? undefined : close}
        onKeyDown={onKeyDown}
      />
      {/* The list is there for assistive technology also while it is empty: aria-controls must lead somewhere. */}
      <div
        id={list_id}
        role="listbox"
        aria-label={props.label}
        className="combobox-list"
        hidden={!is_open || options.length === 0}
      >
        {options.map((option, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the box's
          <div
            key={option.id}
            id={`${list_id}-${i}`}
            role="option"
            tabIndex={-1}
            aria-selected={option === current}
            className="combobox-option"
            ref={option === current ? (element) => element?.scrollIntoView({ block: 'nearest' }) : null}
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => take(option)}
          >
            <span>{option.label}</span>
            {option.note !== undefined && <span className="combobox-note">{option.note}</span>}
          </div>
        ))}
      </div>
      {props.none !== undefined && is_open && options.length === 0 && <p className="field-note">{props.none}</p>}
    </div>
  );
}
