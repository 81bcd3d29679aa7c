import * as z from 'zod';
import { isJsonObject, type JsonObject } from '../domain/json/json-value.ts';

/** An object of a body that parseJson read, taken as it is: its numbers may be exact ones. */
export const jsonObject = z
  .custom<JsonObject>((value) => isJsonObject(value as JsonObject), 'must be an object')
  .meta({ type: 'object' });
