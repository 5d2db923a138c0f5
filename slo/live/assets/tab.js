// In Locust's own page: shows the SLO page inside the tab "SLO", in place of the plain table that Locust draws for
// it, and a link to it before there are tabs. Where Locust's page is built otherwise, the table and the tab remain.

const PAGE = "./slo/";
const COLUMNS = ["Objective", "Status", "Value", "Target", "Priority", "Over the run"];

function tableOfTheTab() {
  for (const table of document.querySelectorAll("table")) {
    const heads = [...table.querySelectorAll("th")].map((cell) => cell.textContent.trim());
    if (heads.length === COLUMNS.length && COLUMNS.every((title, column) => heads[column] === title)) return table;
  }
  return null;
}

function show() {
  const table = tableOfTheTab();
  const frame = document.getElementById("slo-frame");
  if (table === null) {
    frame?.remove();
  } else if (frame === null) {
    const home = table.parentElement;
    const page = document.createElement("iframe");
    page.id = "slo-frame";
    page.src = PAGE;
    page.title = "SLO: objectives, stage, failures and generator of the run";
    page.style.cssText = "width: 100%; height: calc(100vh - 190px); min-height: 480px; border: 0; display: block";
    home.after(page);
    home.hidden = true;
    home.style.display = "none";
  }
  link(table !== null);
}

function link(inTab) {
  let anchor = document.getElementById("slo-link");
  if (anchor === null) {
    anchor = document.createElement("a");
    anchor.id = "slo-link";
    anchor.href = PAGE;
    anchor.textContent = "SLO page";
    anchor.style.cssText =
      "position: fixed; left: 16px; bottom: 10px; z-index: 1200; padding: 4px 12px; border-radius: 4px; " +
      "background: #15803d; color: #fff; font: 500 14px Roboto, Helvetica, Arial, sans-serif; text-decoration: none";
    document.body.append(anchor);
  }
  anchor.hidden = inTab;
}

let waiting = false;
new MutationObserver(() => {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    show();
  });
}).observe(document.getElementById("root") ?? document.body, { childList: true, subtree: true });
show();
