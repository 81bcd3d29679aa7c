/** How a value of a column is written in JSON when the request asks for types. */
export type ValueForm = 'text' | 'boolean' | 'integer' | 'float' | 'json';

/** Types by pg_type.oid that need no look at the catalogue; int8 and numeric are text, since a double may not hold them. */
const FORMS = new Map<number, ValueForm>([
  [16, 'boolean'], // bool
  [17, 'text'], // bytea
  [19, 'text'], // name
  [20, 'text'], // int8
  [21, 'integer'], // int2
  [23, 'integer'], // int4
  [25, 'text'], // text
  [26, 'text'], // oid
  [114, 'json'], // json
  [700, 'float'], // float4
  [701, 'float'], // float8
  [1042, 'text'], // bpchar
  [1043, 'text'], // varchar
  [1082, 'text'], // date
  [1083, 'text'], // time
  [1114, 'text'], // timestamp
  [1184, 'text'], // timestamptz
  [1700, 'text'], // numeric
  [2950, 'text'], // uuid
  [3802, 'json'], // jsonb
]);

/** What is known of types that FORMS does not have: the element type of an array type, 0 for what is no array. */
export type ElementTypes = ReadonlyMap<number, number>;

/** The form of a column: of the values themselves, or of the elements of (nested) arrays. */
export interface ColumnForm {
  form: ValueForm;
  array: boolean;
}

/** Undefined when the catalogue has to be asked first. */
export function columnForm(type: number, known: ElementTypes): ColumnForm | undefined {
  const form = FORMS.get(type);
  if (form !== undefined) return { form, array: false };
  const element = known.get(type);
  if (element === undefined) return undefined;
  return element === 0 ? { form: 'text', array: false } : { form: FORMS.get(element) ?? 'text', array: true };
}

/** Asks for what `columnForm` lacks. int2vector and oidvector call themselves arrays but are not written as such. */
export function elementTypesQuery(types: Iterable<number>): string {
  return (
    `SELECT oid, CASE WHEN typcategory = 'A' AND oid NOT IN (22, 30) THEN typelem ELSE 0 END ` +
    `FROM pg_catalog.pg_type WHERE oid IN (${[...types].join(',')})`
  );
}
