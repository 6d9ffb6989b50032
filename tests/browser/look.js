// Copyright (c) 2026, the sfb.hybrid_auth contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
// What is wrong with how a page looks. Each function returns a list of descriptions, empty where all is well.

const described = (node) => `${(node.parentElement || node).tagName}: ${(node.textContent || "").trim().slice(0, 60)}`;

// The lines of text that can be seen, each with its box.
function texts() {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const holder = node.parentElement;
    if (!node.textContent.trim() || holder.closest("title, desc, thead, .skip")) continue;
    if (!holder.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) if (box.width > 0.5 && box.height > 0.5) found.push({ node, box });
  }
  return found;
}

function overflowing() {
  const width = document.documentElement.clientWidth;
  const wrong = [];
  if (document.documentElement.scrollWidth > width) wrong.push(`the page is ${document.documentElement.scrollWidth} wide`);
  for (const { node, box } of texts()) if (box.right > width + 0.5 || box.left < -0.5) wrong.push(described(node));
  for (const drawing of document.querySelectorAll("svg[role=img]")) {
    const frame = drawing.getBoundingClientRect();
    for (const part of drawing.querySelectorAll("text, rect, use, circle")) {
      if (part.closest("defs")) continue;
      const box = part.getBoundingClientRect();
      if (box.left < frame.left - 1.5 || box.right > frame.right + 1.5 || box.top < frame.top - 1.5 || box.bottom > frame.bottom + 1.5)
        wrong.push(`outside of its drawing: ${described(part)}`);
    }
  }
  return wrong;
}

// Two lines of text of different elements on top of each other. Boxes of text are higher than its letters, so a little may meet.
function overlapping() {
  const wrong = [];
  const sorted = texts().sort((one, other) => one.box.top - other.box.top);
  for (let i = 0; i < sorted.length; i++) {
    for (let j = i + 1; j < sorted.length && sorted[j].box.top < sorted[i].box.bottom; j++) {
      const [one, other] = [sorted[i].box, sorted[j].box];
      const across = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const down = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
      if (sorted[i].node !== sorted[j].node && across > 0.5 && down > 3) wrong.push(`${described(sorted[i].node)} | ${described(sorted[j].node)}`);
    }
  }
  for (const drawing of document.querySelectorAll(".map")) {
    const boxes = [...drawing.querySelectorAll(".box")].map((box) => box.getBoundingClientRect());
    for (const text of drawing.querySelectorAll("text")) {
      const one = text.getBoundingClientRect();
      for (const box of boxes) {
        const touches = one.left < box.right && one.right > box.left && one.top < box.bottom && one.bottom > box.top;
        const inside = one.left >= box.left && one.right <= box.right && one.top >= box.top && one.bottom <= box.bottom;
        if (touches && !inside) wrong.push(`across the edge of a box: ${described(text)}`);
      }
    }
  }
  return wrong;
}

// WCAG 2.2, success criterion 1.4.3: 4.5 to 1 for text, 3 to 1 for large text; 1.4.11: 3 to 1 for what a drawing needs.
function luminance([red, green, blue]) {
  const linear = [red, green, blue].map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function colour(text) {
  const found = (text.match(/[\d.]+/g) || []).map(Number);
  return text.startsWith("rgb") && (found.length === 3 || found[3] === 1) ? found.slice(0, 3) : null;
}

function ground(element) {
  for (let one = element; one; one = one.parentElement) {
    const found = colour(getComputedStyle(one).backgroundColor);
    if (found) return found;
  }
  return [255, 255, 255];
}

function pale() {
  const wrong = new Set();
  for (const { node } of texts()) {
    const holder = node.parentElement;
    const style = getComputedStyle(holder);
    const drawn = holder.closest("svg");
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const grounds = [ground(holder)];
    if (drawn) for (const part of drawn.querySelectorAll(".box, .soon, .badge")) grounds.push(colour(getComputedStyle(part).fill));
    for (const one of grounds) {
      const ratio = contrast(colour(drawn ? style.fill : style.color), one);
      if (ratio < least) wrong.add(`${ratio.toFixed(2)}: ${described(node)}`);
    }
  }
  for (const part of document.querySelectorAll(".map .link, .map .box, .bar, .today, .effective, .axis")) {
    const ratio = contrast(colour(getComputedStyle(part).stroke), ground(part));
    if (ratio < 3) wrong.add(`${ratio.toFixed(2)}: ${part.getAttribute("class")}`);
  }
  return [...wrong];
}
