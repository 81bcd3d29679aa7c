import { Failure } from '../store/failure.ts';

/** One answer for an unknown id and for somebody else's: whether it exists is not told. */
export const unknownEntity = (id: string) =>
  new Failure('AN404', 'There is no such entity.', {
    details: { id },
    hint: 'Check the id, and the moment you asked about.',
  });
