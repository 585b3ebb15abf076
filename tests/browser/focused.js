/* Measures what has the focus, and how a former stop looks now. Run by tests/browser/keyboard.py. */
(formerAt) => {
  const SIGNS = ["outlineStyle", "outlineWidth", "outlineColor", "boxShadow", "borderTopColor", "backgroundColor"];
  const known = (window.knownStops ??= []);
  const numberOf = (element) => {
    if (!known.includes(element)) known.push(element);
    return known.indexOf(element);
  };

  /** A radio or check box may be drawn by its label. */
  const drawn = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return width < 4 || height < 4 ? (element.labels?.[0] ?? element) : element;
  };

  /** The element and what may wear its ring: its neighbours, and the boxes around it. */
  const wearers = (element) => {
    const around = [element.parentElement, element.parentElement?.parentElement].filter(Boolean);
    return [element, ...(element.parentElement?.children ?? []), ...around];
  };

  const canvas = (window.colourCanvas ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true }));
  const channels = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const brightness = (rgb) => {
    const [r, g, b] = rgb.map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let box = element.parentElement; box !== null; box = box.parentElement) {
      const [r, g, b, alpha] = channels(getComputedStyle(box).backgroundColor);
      if (alpha === 255) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const ratio = (a, b) => {
    const [dark, light] = [brightness(a), brightness(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  };

  const outlineOf = (element) => {
    const style = getComputedStyle(element);
    const isDrawn = style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) >= 2;
    return isDrawn ? ratio(channels(style.outlineColor).slice(0, 3), ground(element)) : 0;
  };

  const look = (element) => ({
    signs: JSON.stringify(wearers(element).map((one) => SIGNS.map((sign) => getComputedStyle(one)[sign]))),
    contrast: Math.max(...wearers(element).map(outlineOf)),
  });

  /** A point is covered when something that stays in place while the page scrolls lies over it. */
  const covering = (element, x, y) => {
    for (let hit = document.elementFromPoint(x, y); hit !== null; hit = hit.parentElement) {
      if (hit.contains(element)) return null;
      if (["fixed", "sticky"].includes(getComputedStyle(hit).position)) return hit;
    }
    return null;
  };
  const hiddenBy = (element, box) => {
    const isTall = box.height > window.innerHeight / 2;
    const heights = isTall ? [Math.max(box.top + 2, 0)] : [box.top + 2, box.bottom - 2];
    const x = Math.min(Math.max((box.left + box.right) / 2, 0), window.innerWidth - 1);
    if (box.width < 4 || box.height < 4) return "is too small to be seen";
    if (box.left < -1 || box.right > window.innerWidth + 1) return "reaches beyond the side of the window";
    if (heights.some((y) => y < 0 || y > window.innerHeight)) return "is not within the window";
    return heights.some((y) => covering(element, x, y) !== null) ? "is covered by what stays in place" : "";
  };

  const former = formerAt === null ? null : look(known[formerAt]);
  const element = document.activeElement;
  if (element === null || element === document.body || element === document.documentElement) return { now: null, former };
  const box = drawn(element).getBoundingClientRect();
  let [across, down] = [0, 0]; // how far the page, or the dialog around it, is scrolled
  for (let around = element.parentElement; around !== null; around = around.parentElement) {
    across += around.scrollLeft;
    down += around.scrollTop;
  }
  const region = element.closest('[role="dialog"]') ?? element.closest("main, nav");
  const now = {
    at: numberOf(element),
    region: region === null ? "frame" : (region.getAttribute("role") ?? region.localName),
    html: element.cloneNode(false).outerHTML.slice(0, 160),
    left: box.left + across,
    top: box.top + down,
    right: box.right + across,
    bottom: box.bottom + down,
    hidden: hiddenBy(drawn(element), box),
    look: look(element),
    has_inner_stops: element.type === "date",
  };
  return { now, former };
};
