/** A JSON number whose text JavaScript would not give back: `9007199254740993`, `5.0`, `1e400`. */
export class JsonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** An object without a prototype, so that `__proto__` is a key like any other. */
export type JsonObject = { [key: string]: JsonValue };

/** JSON without loss. A plain `number` is one whose JSON text is exactly `String(number)`. */
export type JsonValue = null | boolean | number | string | JsonNumber | JsonValue[] | JsonObject;

export const emptyJsonObject = (): JsonObject => Object.create(null);

export const isJsonObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
