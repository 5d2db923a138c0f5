// The SLO page: asks Locust for the verdict and writes it into slo.html, in place.
// Every text comes from other people's locustfiles and servers: it is only ever set as textContent.

const PERIOD_MS = 1500;
const PATIENCE_MS = 10_000;
const STATUSES = ["CRITICAL", "FAIL", "NO DATA", "WARNING", "PASS", "SKIPPED"];
const MISSED = ["WARNING", "FAIL", "CRITICAL", "NO DATA"];

const byId = (id) => document.getElementById(id);

// --- theme: decided as Locust's own page decides it -------------------------------------------------

const systemDark = matchMedia("(prefers-color-scheme: dark)");
let chosen = null; // where the browser refuses to store the choice

function isDark() {
  let theme = chosen;
  try {
    theme = localStorage.getItem("theme");
  } catch {
    // stays as chosen here
  }
  return theme === null ? systemDark.matches : theme === "dark";
}

function showTheme() {
  const dark = isDark();
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  put(byId("theme"), dark ? "Light theme" : "Dark theme");
}

function toggleTheme() {
  chosen = isDark() ? "light" : "dark";
  try {
    localStorage.setItem("theme", chosen);
  } catch {
    // holds until the page is left
  }
  showTheme();
}

// --- numbers for people, as slo/quantity.py shows them ----------------------------------------------

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

function show(value, unit) {
  if (!isNumber(value)) return "-";
  if (unit === "ratio") return `${percent(value * 100)} %`;
  if (unit === "count") return Math.round(value).toLocaleString("en-US");
  return `${significant(value)} ${unit}`;
}

/** Two decimals, or as many more as keep a value apart from 0 and from 100. */
function percent(value) {
  for (let places = 2; places < 12; places++) {
    const text = value.toFixed(places);
    if ([0, 100].includes(Number(text)) === [0, 100].includes(value)) return text;
  }
  return String(value);
}

/** Three digits, or all before the point. */
function significant(value) {
  let places = 0;
  while (value !== 0 && places < 9 && Math.abs(value) * 10 ** places < 99.95) places++;
  return String(Number(value.toFixed(places)));
}

function duration(seconds) {
  if (!isNumber(seconds)) return "-";
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  if (h) return `${h} h ${two(m)} min`;
  return m ? `${m} min ${two(s)} s` : `${s} s`;
}

const clock = (date) => date.toLocaleTimeString("en-GB");

function moment(text) {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? "-" : `${date.toLocaleDateString("sv-SE")} ${clock(date)}`;
}

// --- writing into the page, touching only what changed ----------------------------------------------

function put(node, value) {
  const text = String(value ?? "-");
  if (node.textContent !== text) node.textContent = text;
  if (node.classList.contains("clip")) attribute(node, "title", text.length > 80 ? text : "");
}

function attribute(node, name, value) {
  if ((node.getAttribute(name) ?? "") !== value) node.setAttribute(name, value);
}

function hide(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

/** Show `status` as colour and shape of `node`; its word is the caller's. */
function dress(node, status) {
  const known = status === "READY" || STATUSES.includes(status) ? status : "NO DATA";
  attribute(node, "data-status", known);
  const use = node.querySelector("use");
  if (use) attribute(use, "href", `#icon-${known.replace(" ", "-")}`);
}

/**
 * Keep one copy of a template per item among the children of `parent`, in the items' order. The copy of a key is
 * kept as long as the key is there, so focus, selection and open details survive.
 */
function list(parent, template, items, keyOf, fill) {
  const copies = (parent.copies ??= new Map());
  const seen = new Map();
  const keys = items.map((item) => {
    const name = JSON.stringify(keyOf(item));
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return `${seen.get(name)} ${name}`;
  });
  const wanted = new Set(keys);
  for (const [key, copy] of copies) {
    if (wanted.has(key)) continue;
    copy.remove();
    copies.delete(key);
  }
  const own = new Set(copies.values());
  let place = [...parent.children].find((child) => own.has(child)) ?? null;
  items.forEach((item, index) => {
    const key = keys[index];
    const copy = copies.get(key) ?? byId(template).content.firstElementChild.cloneNode(true);
    copies.set(key, copy);
    fill(copy, item, (part) => copy.querySelector(`[data-of="${part}"]`));
    if (copy === place) place = place.nextElementSibling;
    else parent.insertBefore(copy, place);
  });
}

function notes(parent, texts) {
  list(parent, "note-row", texts, (text) => text, (copy, text) => put(copy, text));
}

// --- the parts of the page, from top to bottom ------------------------------------------------------

function showVerdict(live) {
  const { state, run } = live;
  const status = state === "ready" ? "READY" : live.status;
  const kinds = { ready: "No run yet", running: "Provisional: the run is on", finished: "Verdict" };
  const panel = byId("verdict");
  dress(panel, status);
  panel.classList.toggle("running", state === "running");
  put(byId("kind"), kinds[state]);
  put(byId("status"), status);
  put(byId("reason"), live.reason);
  hide(byId("reason"), state === "ready" || !live.reason);
  hide(byId("start"), state !== "ready");

  const facts = [];
  if (run) {
    const { url, embedded } = run.target ?? {};
    if (run.scenario) facts.push(["scenario", run.scenario]);
    facts.push(["target", embedded ? `the embedded demo API at ${url}` : url || "(no host given)"]);
    facts.push(["started", moment(run.started_at)]);
    if (run.ended) facts.push(["ended", run.ended.reason ? `${run.ended.how}: ${run.ended.reason}` : run.ended.how]);
    if (run.time_scale !== 1 || run.user_scale !== 1)
      facts.push(["rehearsal", `${run.time_scale} of the plan's time, ${run.user_scale} of its users`]);
    if (isNumber(live.exit_code))
      facts.push([state === "running" ? "exit code if it ended now" : "exit code", live.exit_code]);
  }
  list(byId("facts"), "fact-row", facts, ([term]) => term, (_, [term, text], at) => {
    put(at("term"), term);
    put(at("text"), text);
  });
}

function showNow(live) {
  const { run, stage, users, waiting, recent, state } = live;
  hide(byId("now"), !run);
  if (!run) return;
  const left = [];
  if (stage) {
    left.push(stage.of ? `${stage.number} of ${stage.of}` : `step ${stage.number}`);
    if (isNumber(stage.left_s)) left.push(`${duration(stage.left_s)} left`);
  } else if (isNumber(run.total_s)) {
    const rest = run.total_s - run.elapsed_s;
    left.push(state === "running" ? `${duration(rest)} left` : `of ${duration(run.total_s)} planned`);
  }
  put(byId("leg-title"), stage ? "Stage" : "Run");
  put(byId("leg"), stage ? stage.name : duration(run.elapsed_s));
  put(byId("leg-left"), left.join(", "));
  hide(byId("leg-left"), !left.length);

  const planned = isNumber(run.total_s) && run.total_s > 0;
  const bar = byId("progress");
  hide(bar, !planned);
  hide(byId("way"), state === "finished" || (!planned && !stage));
  bar.value = planned ? Math.min(1, run.elapsed_s / run.total_s) : 0;
  put(byId("way-text"), duration(run.elapsed_s) + (planned ? ` of ${duration(run.total_s)}` : " since the start"));

  hide(byId("users-card"), state === "finished");
  put(byId("users"), show(users?.running, "count"));
  put(byId("users-of"), isNumber(users?.planned) ? `running, of ${show(users.planned, "count")} planned` : "running");
  const open = waiting?.count ?? 0;
  const requests = open === 1 ? "1 open request" : `${show(open, "count")} open requests`;
  hide(byId("waiting"), !open);
  put(byId("waiting"), `${requests}, the oldest for ${duration(waiting?.oldest_s ?? 0)}`);

  for (const [id, value, unit] of [
    ["throughput", recent?.throughput_rps, "rps"],
    ["p95", recent?.p95_ms, "ms"],
    ["errors", recent?.errors_ratio, "ratio"],
  ]) {
    hide(byId(`${id}-card`), state === "finished" && !recent);
    put(byId(id), show(value, unit));
  }
  const span = recent ? `last ${duration(recent.seconds)}` : "no requests yet";
  for (const node of document.querySelectorAll("[data-recent]")) put(node, span);
  put(byId("requests"), show(live.requests, "count"));
}

function showFindings(live) {
  const findings = live.findings ?? [];
  hide(byId("findings"), !findings.length);
  put(byId("findings-title"), live.state === "running" ? "Findings so far" : "Findings");
  list(byId("findings-list"), "finding-row", findings, (each) => each.name, (_, each, at) => {
    put(at("name"), each.name);
    put(at("answer"), each.answer);
    const details = each.details ?? [];
    notes(at("details"), details);
    hide(at("details"), !details.length);
  });
}

function showObjectives(live) {
  const isSkipped = (objective) => objective.status === "SKIPPED";
  const given = live.objectives ?? [];
  const objectives = [...given.filter((each) => !isSkipped(each)), ...given.filter(isSkipped)];
  hide(byId("objectives"), !objectives.length);
  const counts = STATUSES.map((status) => [status, objectives.filter((each) => each.status === status).length]);
  list(byId("counts"), "count-row", counts.filter(([, count]) => count), ([status]) => status, (copy, [status, count], at) => {
    dress(copy.firstElementChild, status);
    put(at("text"), `${count} ${status}`);
  });
  const table = document.querySelector("table.objectives");
  list(table, "objective-row", objectives, (each) => each.name, (copy, each, at) => {
    showObjective(copy, each, at, live);
  });
}

function showObjective(copy, objective, at, live) {
  const skipped = objective.status === "SKIPPED";
  const missed = MISSED.includes(objective.status);
  const advice = objective.advice ?? [];
  attribute(copy, "data-row", objective.status);
  dress(copy.querySelector(".badge"), objective.status);
  put(at("status"), objective.status);
  put(at("name"), objective.name);
  put(at("indicator"), skipped && objective.reason ? objective.reason : objective.indicator);
  put(at("shown"), objective.shown);
  hide(at("doubt"), !objective.low_confidence);
  put(at("interval"), objective.interval);
  put(at("target"), objective.target_shown);
  put(at("warning"), objective.warning_shown);
  put(at("deviation"), objective.deviation);
  put(at("priority"), objective.priority);
  hide(copy.querySelector(".more"), !missed || !(objective.reason || advice.length));
  put(at("summary"), advice.length ? "Why, and where to look" : "Why");
  put(at("reason"), objective.reason);
  notes(at("advice"), advice);
  hide(at("advice"), !advice.length);
  const drawn = draw(copy.querySelector(".spark"), objective, live);
  hide(at("no-trend"), drawn);
}

function showTables(live) {
  const { checks = [], failures = [], finished = [], generator } = live;

  hide(byId("failures"), !live.run || (!failures.length && !live.requests));
  hide(byId("no-failures"), failures.length > 0);
  hide(byId("failures-table"), !failures.length);
  list(byId("failures-rows"), "failure-row", failures, (each) => [each.endpoint, each.kind], (_, each, at) => {
    put(at("endpoint"), each.endpoint);
    put(at("kind"), each.kind);
    put(at("count"), show(each.count, "count"));
  });

  hide(byId("checks"), !checks.length);
  list(byId("checks-rows"), "check-row", checks, (each) => each.name, (_, each, at) => {
    put(at("name"), each.name);
    put(at("shown"), each.shown);
    put(at("passed"), show(each.passed, "count"));
    put(at("failed"), show(each.failed, "count"));
  });

  const processes = generator?.processes ?? [];
  const remarks = generator?.notes ?? [];
  hide(byId("generator"), !processes.length && !remarks.length);
  hide(byId("generator-table"), !processes.length);
  notes(byId("generator-notes"), remarks);
  list(byId("generator-rows"), "process-row", processes, (each) => each.name, (_, each, at) => {
    put(at("name"), each.name);
    put(at("state"), each.state);
    put(at("users"), show(each.users, "count"));
    put(at("cpu"), isNumber(each.cpu_ratio) ? `${Math.round(each.cpu_ratio * 100)} %` : "-");
    put(at("lag"), show(each.lag_ms, "ms"));
    put(at("silent"), isNumber(each.silent_s) ? `${duration(each.silent_s)} ago` : "-");
  });

  hide(byId("notes"), !live.notes?.length);
  notes(byId("notes-list"), live.notes ?? []);

  hide(byId("finished"), !finished.length);
  list(byId("finished-rows"), "finished-row", finished, (each) => each.id, (copy, each, at) => {
    dress(copy.querySelector(".badge"), each.status);
    put(at("status"), each.status);
    put(at("id"), each.id);
    put(at("reason"), each.reason);
    put(at("exit"), each.exit_code);
    put(at("started"), moment(each.started_at));
    put(at("duration"), duration(each.duration_s));
    put(at("requests"), show(each.requests, "count"));
    list(at("files"), "file-row", each.files ?? [], (file) => file, (item, file) => {
      const link = item.firstElementChild;
      const address = ["runs", each.id, file].map(segment).join("/");
      put(link, file);
      attribute(link, "href", address);
      attribute(link, "aria-label", `${file} of ${each.id}`);
    });
  });
}

/** One segment of a relative address, whatever the name: it never leaves its folder. */
function segment(name) {
  const text = String(name);
  return /^\.+$/.test(text) ? "-" : encodeURIComponent(text.toWellFormed?.() ?? text);
}

// --- sparkline: the value over the run, the target as a line, the part past it thick and filled ------

const WIDTH = 160;
const HEIGHT = 36;
const EDGE = 3;

function draw(svg, objective, live) {
  const { trend = [], target, unit, direction } = objective;
  const times = live.trend_at_s ?? [];
  const points = times.map((time, place) => [time, trend[place]]);
  const values = points.map(([, value]) => value).filter(isNumber);
  svg.toggleAttribute("hidden", !values.length);
  if (!values.length) return false;

  const least = Math.min(...values, target);
  const most = Math.max(...values, target);
  // From zero, so that heights compare; a rate that has to be near 100 % from just below its least value.
  const low = direction === "higher" && unit === "ratio" ? least - (most - least || 0.01) * 0.15 : 0;
  const high = most + (most - low || 1) * 0.08;
  const [first, last] = [times[0], times.at(-1)];
  const x = (time) => (last > first ? EDGE + ((time - first) / (last - first)) * (WIDTH - 2 * EDGE) : WIDTH - EDGE);
  const y = (value) => HEIGHT - EDGE - ((value - low) / (high - low)) * (HEIGHT - 2 * EDGE);
  const at = ([time, value]) => `${x(time).toFixed(1)} ${y(value).toFixed(1)}`;
  const isPast = (value) => (direction === "lower" ? value > target : value < target);

  const paths = { inside: "", past: "", area: "" };
  const piece = (from, to, past) => {
    paths[past ? "past" : "inside"] += `M${at(from)}L${at(to)}`;
    if (past) paths.area += `M${at([from[0], target])}L${at(from)}L${at(to)}L${at([to[0], target])}Z`;
  };
  let final = null;
  points.forEach((to, place) => {
    if (!isNumber(to[1])) return;
    final = to;
    const from = points[place - 1];
    if (!from || !isNumber(from[1])) {
      piece(to, to, isPast(to[1])); // the first after a gap: a dot, if it stays alone
    } else if (isPast(from[1]) === isPast(to[1])) {
      piece(from, to, isPast(to[1]));
    } else {
      const crossing = [from[0] + ((target - from[1]) / (to[1] - from[1])) * (to[0] - from[0]), target];
      piece(from, crossing, isPast(from[1]));
      piece(crossing, to, isPast(to[1]));
    }
  });
  for (const [name, path] of Object.entries(paths)) attribute(svg.querySelector(`.${name}`), "d", path);
  attribute(svg.querySelector(".bound"), "d", `M0 ${y(target).toFixed(1)}H${WIDTH}`);
  const end = svg.querySelector(".last");
  attribute(end, "d", `M${at(final)}h0.01`);
  end.classList.toggle("beyond", isPast(final[1]));

  const beyond = values.filter(isPast).length;
  attribute(
    svg,
    "aria-label",
    `from ${show(Math.min(...values), unit)} to ${show(Math.max(...values), unit)}, ` +
      `${live.state === "finished" ? "at the end" : "now"} ${show(final[1], unit)}, target ${show(target, unit)}` +
      (beyond ? `, past it at ${beyond} of ${values.length} points` : ""),
  );
  return true;
}

// --- what is said aloud: changes of status and stage, start and end of a run, silence ---------------

let before = null;

function announce(live, isBack) {
  const now = { id: live.run?.id, state: live.state, status: live.status, stage: live.stage?.name ?? null };
  const said = isBack ? ["Locust answers again."] : [];
  if (before) {
    const started = now.state === "running" && (before.state !== "running" || before.id !== now.id);
    if (started) said.push("A run has started.");
    if (now.state === "finished" && before.state === "running")
      said.push(`The run has ended: ${live.status}. ${sentence(live.reason)}`);
    else if (now.state !== "ready" && (started || now.status !== before.status))
      said.push(sentence(`Status ${live.status}: ${live.reason}`));
    if (now.stage !== null && (started || now.stage !== before.stage))
      said.push(`Stage ${now.stage.slice(0, 60)}, ${live.stage.number}${live.stage.of ? ` of ${live.stage.of}` : ""}.`);
  }
  before = now;
  if (said.length) say(said.join(" "));
}

const sentence = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

function say(text) {
  put(byId("announcer"), text.slice(0, 300));
}

// --- asking, again and again ------------------------------------------------------------------------

let heardAt = new Date();
let silent = false;
let title = "locust-slo";

function showTitle() {
  document.title = silent ? `no answer · ${title}` : title;
}

function render(live) {
  const focused = document.activeElement;
  showVerdict(live);
  showNow(live);
  showFindings(live);
  showObjectives(live);
  showTables(live);
  hide(byId("main"), false);
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
}

function heard(live) {
  announce(live, silent);
  heardAt = new Date();
  silent = false;
  const scenario = String(live.run?.scenario ?? "").replace(/\p{C}/gu, "").slice(0, 60);
  title = [live.state === "ready" ? "ready" : live.status, scenario, "locust-slo"].filter(Boolean).join(" · ");
  put(byId("clock"), clock(heardAt));
  showSilence();
}

function missed(wantsLogin, why) {
  const old = before ? "what is shown is old" : "still trying";
  const text = wantsLogin
    ? `Locust has asked for a login since ${clock(heardAt)}; ${old}.`
    : `No answer from Locust since ${clock(heardAt)}; ${old}${why ? ` (${why})` : ""}.`;
  if (!silent) say(text);
  silent = true;
  put(byId("silence-text"), text);
  hide(byId("login"), !wantsLogin);
  showSilence();
}

function showSilence() {
  hide(byId("silence"), !silent);
  byId("main").classList.toggle("old", silent);
  showTitle();
}

async function ask() {
  let answer, live;
  try {
    answer = await fetch("verdict", {
      cache: "no-store",
      redirect: "manual",
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.type === "opaqueredirect" || answer.status === 401) return missed(true);
    if (!answer.ok) return missed(false, `HTTP ${answer.status}`);
    live = await answer.json();
  } catch (error) {
    return missed(false, error instanceof SyntaxError ? "it sent something else" : "");
  }
  if (live?.schema !== "locust-slo/live") return missed(false, "it sent something else");
  if (live.version !== 1) return missed(false, "it speaks another version: reload this page");
  try {
    render(live);
    heard(live);
  } catch (error) {
    console.error(error);
    missed(false, `this page cannot show it: ${error.message}`);
  }
}

async function follow() {
  await ask();
  setTimeout(follow, PERIOD_MS);
}

// Inside Locust's page, that page has the header, the theme and the way back.
document.documentElement.classList.toggle("embedded", window.parent !== window);
showTheme();
systemDark.addEventListener("change", showTheme);
addEventListener("storage", showTheme);
byId("theme").addEventListener("click", toggleTheme);
follow();
