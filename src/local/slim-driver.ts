import { type Plugin, rolldown } from 'rolldown';
import { WORKER_RESOLUTION } from './worker-resolution.ts';

const DRIVER = '@neondatabase/serverless';
const SLIM = '\0slim-driver';
const USED = `export { neon, NeonDbError, neonConfig } from '${DRIVER}';`;

/**
 * Functions of the driver's own bundle, by the names they have in the version that is pinned, that do nothing when nobody uses what
 * they return: to name a function, to wrap a CommonJS module, to load one, and to load `pg`. Should a newer version name them
 * otherwise, less is left out, and the test of the Worker's size says so.
 */
const PURE = ['a', 'T', 'we', 'ot'];

/**
 * Neon's driver without its WebSocket half. It is published as one file, with a whole Postgres client in it, two fifths of the
 * driver, that the Workers, which speak HTTP, never call and that no bundler dares to leave out by itself.
 */
export const slimDriver: Plugin = {
  name: 'slim-driver',
  resolveId: (source) => (source === DRIVER ? SLIM : null),
  async load(id) {
    if (id !== SLIM) return null;
    const bundle = await rolldown({
      ...WORKER_RESOLUTION,
      input: SLIM,
      plugins: [
        {
          name: 'what-is-used',
          resolveId: (source) => (source === SLIM ? SLIM : null),
          load: (source) => (source === SLIM ? USED : null),
        },
      ],
      treeshake: { manualPureFunctions: PURE, propertyReadSideEffects: false, unknownGlobalSideEffects: false },
    });
    const { output } = await bundle.generate({ format: 'esm', codeSplitting: false });
    await bundle.close();
    return { code: output[0].code, map: { mappings: '' } };
  },
};
