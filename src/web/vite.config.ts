import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { entityTypes } from '../domain/entity-types.generated.ts';

/** By value, since the domain's schemas would bring zod, which is as large as the rest of the client. */
const timelineTypes = Object.values(entityTypes).flatMap((type) => (type.timeline ? [type.name] : []));

/** Builds the web client to `dist/web`, which the API Worker serves as static assets. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  define: { TIMELINE_TYPES: JSON.stringify(timelineTypes) },
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
