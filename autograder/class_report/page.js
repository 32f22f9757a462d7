// Headings become buttons that sort their table; a link to an example opens it.
"use strict";

for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  if (body.rows.length < 2) continue;
  table.querySelectorAll("thead th").forEach((head, column) => {
    if (!head.textContent) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(table, body, head, column));
  });
}

function sort(table, body, head, column) {
  const isNumber = body.rows[0].cells[column].dataset.value !== undefined;
  const first = isNumber ? "descending" : "ascending";
  const other = isNumber ? "ascending" : "descending";
  const order = head.getAttribute("aria-sort") === first ? other : first;
  const sign = order === "ascending" ? 1 : -1;
  const value = (row) => {
    const cell = row.cells[column];
    return isNumber ? Number(cell.dataset.value) : cell.textContent;
  };
  const compare = (a, b) => {
    const [one, two] = [value(a), value(b)];
    if (!isNumber) return sign * one.localeCompare(two, undefined, { numeric: true });
    return one === two ? 0 : sign * (one < two ? -1 : 1);
  };
  for (const other of table.querySelectorAll("th")) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
  body.append(...[...body.rows].sort(compare));
}

function open() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target instanceof HTMLDetailsElement) target.open = true;
}
window.addEventListener("hashchange", open);
open();
