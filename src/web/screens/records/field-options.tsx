import { fieldName } from '../../records/field-name.ts';
import type { FieldFacts } from '../../records/type-facts.ts';

/** What a select of fields offers, none of them at first. */
export function FieldOptions({ fields }: { fields: readonly FieldFacts[] }) {
  return (
    <>
      <option value="">Choose a field</option>
      {fields.map((field) => (
        <option key={field.name} value={field.name}>
          {fieldName(field)}
        </option>
      ))}
    </>
  );
}
