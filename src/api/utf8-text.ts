import { Failure } from '../store/failure.ts';

/** @throws Failure AN400 for what is not UTF-8: replacement characters would be stored as if somebody had written them. */
export function utf8Text(bytes: ArrayBuffer | Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (cause) {
    throw new Failure('AN400', 'The body is not UTF-8.', { hint: 'Send JSON and CSV as UTF-8.', cause });
  }
}
