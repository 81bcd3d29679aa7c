import { buildWeb } from './build-web.ts';

/** `npm run build`: the web client into dist/web, where the API Worker's assets are taken from. */

await buildWeb();
