/** Backend messages that the endpoint says in its own name, before bytes pass through. */

const CLEARTEXT_PASSWORD = 3;
/** Neon keeps no SQLSTATE for what happens before the connection stands. */
const INTERNAL_ERROR = 'XX000';

export function cleartextPasswordRequest(): Buffer {
  return message('R', int32(CLEARTEXT_PASSWORD));
}

/** We speak 3.0, and know none of the protocol options that the client asked for. */
export function negotiateProtocolVersion(unknownOptions: string[]): Buffer {
  const names = unknownOptions.map((name) => Buffer.from(`${name}\0`));
  return message('v', int32(0), int32(unknownOptions.length), ...names);
}

export function errorResponse(text: string): Buffer {
  return message('E', Buffer.from(`SERROR\0VERROR\0C${INTERNAL_ERROR}\0M${text}\0\0`));
}

function message(type: string, ...body: Buffer[]): Buffer {
  const content = Buffer.concat(body);
  return Buffer.concat([Buffer.from(type), int32(content.length + 4), content]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
