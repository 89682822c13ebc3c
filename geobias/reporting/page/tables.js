"use strict";
// Tables that sort: a button in every heading, numbers by their value, what is unknown last.
const geobiasTables = (() => {
  const collator = new Intl.Collator("en", { numeric: true });

  function orderOf(cell) {
    return cell.hasAttribute("data-order") ? Number(cell.dataset.order) : null;
  }

  function sortBy(table, column, descending) {
    const body = table.tBodies[0];
    const numeric = table.tHead.rows[0].cells[column].classList.contains("number");
    const rows = Array.from(body.rows, (row) => {
      const cell = row.cells[column];
      return { row, key: numeric ? orderOf(cell) : cell.textContent.trim() };
    });
    const way = descending ? -1 : 1;
    rows.sort((one, other) => {
      if (one.key === null || other.key === null) {
        return (one.key === null) - (other.key === null);
      }
      return way * (numeric ? one.key - other.key : collator.compare(one.key, other.key));
    });
    body.append(...rows.map(({ row }) => row));
    Array.from(table.tHead.rows[0].cells).forEach((heading, at) => {
      if (at === column) {
        heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      } else {
        heading.removeAttribute("aria-sort");
      }
    });
  }

  function makeSortable(table) {
    Array.from(table.tHead.rows[0].cells).forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      button.addEventListener("click", () => {
        sortBy(table, column, heading.getAttribute("aria-sort") === "ascending");
      });
      heading.append(button);
    });
  }

  document.querySelectorAll("table[data-sortable]").forEach(makeSortable);
  return { makeSortable };
})();
