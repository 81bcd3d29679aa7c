import type { Dispatch, SetStateAction } from 'react';
import type { Json } from '../../api/answer-types.ts';
import type { FieldFacts } from '../records/type-facts.ts';

/** What every input of a form gets. */
export interface InputProps {
  readonly id: string;
  readonly field: FieldFacts;
  /** Undefined: the record has no such field. */
  readonly value: Json | undefined;
  readonly change: Dispatch<SetStateAction<Json | undefined>>;
  /** The zone that instants are shown in. */
  readonly time_zone: string;
  readonly described_by: string | undefined;
  readonly is_invalid: boolean;
}
