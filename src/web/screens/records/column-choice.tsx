import { fieldName } from '../../records/field-name.ts';
import type { FieldFacts, TypeFacts } from '../../records/type-facts.ts';
import { possibleColumns } from '../../records/view/columns.ts';

/** Which fields a list shows beside the title and the time. */
export function ColumnChoice(props: {
  type: TypeFacts;
  columns: readonly FieldFacts[];
  choose: (names: readonly string[]) => void;
}) {
  const shown = props.columns.map((field) => field.name);
  const possible = possibleColumns(props.type);
  if (possible.length === 0) return null;
  return (
    <div className="column-choice">
      <button type="button" className="button" popoverTarget="columns-panel">
        Columns
      </button>
      <div id="columns-panel" className="popover-panel" popover="auto">
        <fieldset className="check-list">
          <legend>Columns</legend>
          {possible.map((field) => (
            <label key={field.name}>
              <input
                type="checkbox"
                checked={shown.includes(field.name)}
                onChange={(event) =>
                  props.choose(
                    event.target.checked ? [...shown, field.name] : shown.filter((name) => name !== field.name),
                  )
                }
              />
              {fieldName(field)}
            </label>
          ))}
        </fieldset>
      </div>
    </div>
  );
}
