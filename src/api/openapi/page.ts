import { HEADERS } from './described-headers.ts';
import { type DescribedRoute, headersOf } from './described-route.ts';
import { DESCRIBED_ROUTES } from './described-routes.ts';
import { jsonSchema } from './json-schema.ts';

/** The page at /docs: the routes by their rooms, in plain HTML; its own style is all that it loads. */
export function docsPage(entityTypes: readonly string[]): string {
  const tags = [...new Set(DESCRIBED_ROUTES.map((route) => route.tag))];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Annals: the API</title>
<style>${DOCS_STYLE}</style>
<main>
<h1>Annals: the API</h1>
<p>Every route under <code>/v1</code>. A program reads the same from <a href="/openapi.json">openapi.json</a>.
Send <code>Authorization: Bearer TOKEN</code>. Errors are <code>{code, message, details, hint}</code>.</p>
${tags.map((tag) => section(tag)).join('\n')}
<h2>Entity types</h2>
<p>${entityTypes.map((name) => `<a href="/v1/schemas/${name}"><code>${name}</code></a>`).join(' ')}</p>
</main>
</html>
`;
}

/** The style's text, whose hash the page's policy allows. */
export const DOCS_STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
details { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .5rem 0; }
summary { cursor: pointer; } summary code { font-weight: 600; } summary b { display: inline-block; width: 4.5rem; font-size: .8rem; }
table { border-collapse: collapse; margin: .5rem 0; } td { padding: .15rem 1rem .15rem 0; vertical-align: top; }
pre { overflow: auto; background: color-mix(in srgb, currentColor 7%, transparent); padding: .75rem; max-height: 24rem; }
`;

function section(tag: DescribedRoute['tag']): string {
  const routes = DESCRIBED_ROUTES.filter((route) => route.tag === tag);
  return `<h2>${tag}</h2>\n${routes.map(routeDetails).join('\n')}`;
}

function routeDetails(route: DescribedRoute): string {
  const rows = [
    ...propertiesOf(route.parameters).map(([name, text]) => ['path', name, text]),
    ...propertiesOf(route.query).map(([name, text]) => ['query', name, text]),
    ...headersOf(route).map((name) => ['header', name, HEADERS[name].description]),
  ];
  const bodies = Object.entries(route.body ?? {}).map(
    ([type, schema]) =>
      `<p>Body, <code>${type}</code>:</p><pre>${escaped(
        schema === null ? 'the document of the type in the path' : JSON.stringify(jsonSchema(schema), null, 2),
      )}</pre>`,
  );
  return `<details><summary><b>${route.method.toUpperCase()}</b><code>${escaped(route.path)}</code> ${escaped(route.summary)}</summary>
<table>${rows.map((cells) => `<tr>${cells.map((cell) => `<td>${escaped(cell ?? '')}</td>`).join('')}</tr>`).join('')}</table>
${bodies.join('\n')}
<p>Answer: ${Object.keys(route.answer)
    .map((type) => `<code>${type}</code>`)
    .join(', ')}${route.access === undefined ? '' : ` (${route.access})`}</p></details>`;
}

function propertiesOf(schema: DescribedRoute['query']): [name: string, text: string][] {
  if (schema === undefined) return [];
  const { properties } = jsonSchema(schema) as {
    properties: Record<string, { type?: string; enum?: string[]; default?: unknown }>;
  };
  return Object.entries(properties).map(([name, { type, enum: values, default: standard }]) => [
    name,
    [values?.join(' | ') ?? type ?? '', standard === undefined ? '' : `default ${String(standard)}`]
      .filter(Boolean)
      .join(', '),
  ]);
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => ESCAPES[c] ?? c);
