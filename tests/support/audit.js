// What a page has wrong for people who do not see well: controls without a name, text of less than 4.5:1 (WCAG AA).
() => {
  const shown = (e) => e.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true });
  const name = (e) => e.innerText || e.ariaLabel || e.labels?.[0]?.textContent || "";
  const controls = [...document.querySelectorAll("button, input, select, summary, a, [role=meter]")].filter(shown);

  const rgb = (text) => text.match(/[\d.]+/g).map(Number);
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const behind = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if ((colour[3] ?? 1) === 1) return colour;
    }
    return [255, 255, 255];
  };
  const contrast = (e) => {
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  };
  const texts = [...document.querySelectorAll("body *")].filter(shown)
    .filter((e) => !e.closest(".unseen, .skip"))
    .filter((e) => [...e.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim()));
  return {
    nameless: controls.filter((e) => !name(e).trim()).map((e) => e.outerHTML),
    faint: texts.filter((e) => contrast(e) < 4.5).map((e) => e.outerHTML.slice(0, 120)),
  };
}
