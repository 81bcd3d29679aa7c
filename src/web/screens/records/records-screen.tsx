import { Link } from '@tanstack/react-router';
import { typeAppearance } from '../../records/type-appearance.ts';
import { RECORD_TYPES, type TypeFacts } from '../../records/type-facts.ts';
import { TypeIcon } from '../../records/type-icon.tsx';

const GROUPS: readonly { title: string; note: string; has: (type: TypeFacts) => boolean }[] = [
  { title: 'Every day', note: 'What happens: each has its place in time.', has: (type) => type.timeline },
  {
    title: 'Things',
    note: 'What the records above are about.',
    has: (type) => !type.timeline && type.from.length === 0,
  },
  {
    title: 'More',
    note: 'Parts of other records, and odds and ends.',
    has: (type) => !type.timeline && type.from.length > 0,
  },
];

/** Every type of record, as doors to their lists. */
export function RecordsScreen() {
  return (
    <>
      <title>Records · Annals</title>
      <header className="screen-header">
        <h1>Records</h1>
        <p>Everything you keep, by kind.</p>
      </header>
      {GROUPS.map(({ title, note, has }) => (
        <section key={title} className="type-group" aria-labelledby={`group-${title}`}>
          <h2 id={`group-${title}`}>{title}</h2>
          <p className="type-group-note">{note}</p>
          <ul className="type-grid">
            {RECORD_TYPES.filter(has)
              .toSorted((a, b) => typeAppearance(a.name).many.localeCompare(typeAppearance(b.name).many))
              .map(({ name }) => (
                <li key={name}>
                  <Link to="/records/$type" params={{ type: name }} className="card type-card">
                    <TypeIcon entity_type={name} />
                    <span>{typeAppearance(name).many}</span>
                  </Link>
                </li>
              ))}
          </ul>
        </section>
      ))}
    </>
  );
}
