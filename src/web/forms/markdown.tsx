import { compiler, type MarkdownToJSX } from 'markdown-to-jsx';

/** Markdown as elements; HTML in it stays text, and pictures, which the page's policy would refuse, are left out. */
export default function Markdown({ text }: { text: string }) {
  const options: MarkdownToJSX.Options = {
    disableParsingRawHTML: true,
    forceBlock: true,
    overrides: { img: () => null, a: { props: { target: '_blank', rel: 'noreferrer' } } },
  };
  return compiler(text, options);
}
