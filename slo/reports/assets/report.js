// Lets the tables be sorted: each column's head becomes a button. The page is whole without it.
"use strict";

function valueOf(row, column, numeric) {
  const cell = row.cells[column];
  const text = cell.dataset.value ?? cell.textContent.trim();
  if (!numeric) return text;
  const found = /[-+]?\d[\d,]*\.?\d*/.exec(text);
  return found ? Number(found[0].replaceAll(",", "")) : null;
}

function compare(a, b, sign) {
  // What has no value stays at the end, whichever way the others are.
  if (a === null || b === null) return (a === null) - (b === null);
  return sign * (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true }));
}

function sort(table, head, column) {
  const rising = head.getAttribute("aria-sort") !== "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", rising ? "ascending" : "descending");
  const numeric = head.dataset.kind === "number";
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => [valueOf(row, column, numeric), row]);
  rows.sort((a, b) => compare(a[0], b[0], rising ? 1 : -1));
  body.append(...rows.map((pair) => pair[1]));
}

for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(table, head, column));
    head.append(button);
  });
}
