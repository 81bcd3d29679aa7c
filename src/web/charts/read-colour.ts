/** A custom property as a colour that ECharts knows: `light-dark()` is none, what the browser computes is. @param property `--ink` */
export function readColour(element: HTMLElement, property: string): string {
  const probe = element.ownerDocument.createElement('span');
  probe.style.color = `var(${property})`;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
