import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import type { EntityType } from '../domain/define-entity-type.ts';
import { entityTypes } from '../domain/entity-types.generated.ts';
import { offlineFiles } from './offline-files.ts';
import type { TypeFacts } from './records/type-facts.ts';

/** By value, since the domain's schemas would bring zod, which is as large as the rest of the client. */
function factsOf({ name, axis, hasUser, timeline, timer, label, fields }: EntityType): TypeFacts {
  const at = axis !== undefined && 'at' in axis ? axis.at : [];
  return {
    name,
    from: axis === undefined ? [] : 'from' in axis ? [axis.from] : typeof at === 'string' ? [at] : [...at],
    until: axis !== undefined && 'until' in axis ? axis.until : null,
    is_personal: hasUser !== false,
    timeline,
    timer_parent: timer?.parent ?? null,
    label: [...label],
    fields: Object.entries(fields).map(([field, { facts }]) => ({
      name: field,
      kind: facts.kind,
      values: facts.values === undefined ? null : [...facts.values],
      target: facts.target ?? null,
      unit: facts.measuredIn ?? null,
      is_optional: facts.isOptional === true,
      is_nullable: facts.isNullable === true,
    })),
  };
}

/** Builds the web client to `dist/web`, which the API Worker serves as static assets. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), offlineFiles()],
  define: { ENTITY_TYPES: JSON.stringify(Object.values<EntityType>(entityTypes).map(factsOf)) },
  build: {
    outDir: fileURLToPath(new URL('../../dist/web', import.meta.url)),
    emptyOutDir: true,
    target: 'baseline-widely-available',
    // An inlined asset is a data: URL, which the content security policy refuses.
    assetsInlineLimit: 0,
    // The charts' chunk, which loads when first needed, is meant to be this large.
    chunkSizeWarningLimit: 700,
  },
});
