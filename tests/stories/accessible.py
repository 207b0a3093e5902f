"""What a script can tell of WCAG 2.2 AA: expressions whose value is the list of what is wrong with the page."""

FAULTS = """(() => {
  const wrong = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const need = (isRight, what) => isRight || wrong.push(what);
  need(document.documentElement.lang, "3.1.1: the page says no language");
  need(document.title, "2.4.2: the page has no title");
  for (const one of ["main", "header", "h1"]) need(all(one).length === 1, `1.3.1: not one ${one}`);
  need(all("nav").every((each) => each.ariaLabel), "1.3.1: a nav without a name");
  need(all(".skip")[0]?.hash === "#main", "2.4.1: no way past what repeats");
  let level = 0;
  for (const each of all("h1, h2, h3, h4")) {
    need(+each.tagName[1] <= level + 1, `1.3.1: ${each.textContent} skips a level`);
    level = +each.tagName[1];
  }
  for (const each of all("input:not([type=hidden]), textarea, select")) {
    need(each.labels.length === 1 && each.labels[0].textContent.trim(), `3.3.2: ${each.name} has no label`);
    need(each.offsetHeight >= 24, `2.5.8: ${each.name} is too small`);
  }
  for (const each of all("button, summary, a[href]:not(.skip), nav a")) {
    need(each.textContent.trim(), "4.1.2: a control without a name");
    const box = each.getBoundingClientRect();
    need(each.closest("p, dd, li li") || box.height >= 24, `2.5.8: ${each.textContent} is too small`);
  }
  const ids = all("[id]").map((each) => each.id);
  need(ids.length === new Set(ids).size, "4.1.1: an id twice");
  for (const name of ["aria-labelledby", "aria-describedby"]) {
    const isThere = (each) => document.getElementById(each.getAttribute(name));
    need(all(`[${name}]`).every(isThere), `1.3.1: ${name} of nothing`);
  }
  const isItem = (each) => each.tagName === "LI";
  need(all("ul, ol").every((list) => [...list.children].every(isItem)), "1.3.1: a list of no items");
  const focused = all("summary, button, input:not([type=hidden]), a[href]");
  for (const each of focused) {
    each.focus({ focusVisible: true });
    const style = getComputedStyle(each);
    const isSeen = parseFloat(style.outlineWidth) >= 2 && style.outlineStyle !== "none";
    need(isSeen, `2.4.7: ${each.outerHTML} shows no focus`);
  }
  document.activeElement.blur();
  return wrong;
})()"""

CONTRAST = """(() => {
  const rgba = (text) => { const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
  const linear = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = (each) => {
    for (let at = each; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const wrong = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const each = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !each.checkVisibility()) continue;
    const [a, b] = [light(rgba(getComputedStyle(each).color)), light(ground(each))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) wrong.push(`1.4.3: ${texts.currentNode.data} has ${ratio.toFixed(2)}`);
  }
  return wrong;
})()"""
