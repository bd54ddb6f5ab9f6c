/* What the site does in the reader's browser: the upgrade picker, filters, and tables as cards.
 *
 * No request leaves the site. Text from notes, commits and SQL only ever becomes text nodes.
 * A way is found, and its guide put together, as `migdocs upgrade FROM TO --json` does it; a test
 * holds the two together for every pair. Words come from the same tables (upgrade_words.py).
 */
(() => {
  "use strict";

  const base = new URL("../", document.currentScript.src);

  // --- data -------------------------------------------------------------------------------------
  // Scripts hand the data over, because `fetch` fails where a page is opened as a file.

  let data = null;
  const shards = new Map(); // number → what those migrations contribute
  const loading = new Map(); // address → promise

  window.migdocsUpgrades = (whole) => {
    data = whole;
  };
  window.migdocsMigrations = (number, pieces) => {
    shards.set(number, pieces);
  };

  const load = (path) => {
    const address = new URL(path, base).href;
    if (!loading.has(address)) {
      loading.set(
        address,
        new Promise((resolve, reject) => {
          const script = document.createElement("script");
          script.src = address;
          script.onload = resolve;
          script.onerror = () => reject(new Error(`${path} cannot be read`));
          document.head.append(script);
        }),
      );
    }
    return loading.get(address);
  };

  const loadPieces = (numbers) => {
    const wanted = new Set(numbers.map((number) => Math.floor(number / data.shard)));
    return Promise.all([...wanted].map((shard) => load(`data/migrations-${shard}.js`)));
  };

  // --- words ------------------------------------------------------------------------------------

  const fill = (text, values) =>
    text.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? values[name] : whole));
  const quoted = (text) =>
    /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`;
  const optional = (name, text, id) =>
    text.replace(new RegExp(`\\{${name}:([^{}]*)\\}`, "g"), (_, option) => (id ? option + quoted(id) : ""));
  const command = (name, target, last) =>
    optional("last", data.runner[name], last).replaceAll("{version}", quoted(target));
  const named = (ids) => {
    const some = ids.map((id) => `'${id}'`);
    return some.length <= 4 ? some.join(", ") : `${some.slice(0, 3).join(", ")} and ${some.length - 3} more`;
  };
  const idsOf = (numbers) => numbers.map((number) => data.migrations[number]);

  // --- versions ---------------------------------------------------------------------------------

  const significant = (text) => {
    const match = /^[vV]?(\d+(?:\.\d+)*)$/.exec(text);
    return match ? match[1].replace(/(\.0+)+$/, "") : null;
  };
  const same = (one, other) =>
    one === other || (significant(one) !== null && significant(one) === significant(other));
  const find = (name) =>
    name.trim() === "" ? undefined : data.releases.find((r) => [r.version, r.tag, ...r.aliases].includes(name)) ||
    data.releases.find((r) => same(name, r.version));

  const byVersion = (version) =>
    data.releases.find((r) => r.version === version && r.status !== "planned");

  /** Give a release and those before it in its line, oldest first. */
  const chain = (target) => {
    const line = [target];
    for (let r = byVersion(target.previous); r && !line.includes(r); r = byVersion(r.previous)) {
      line.push(r);
    }
    return line.reverse();
  };

  /** Give the numbers of the migrations in a release's tree. */
  const shipped = (release) => {
    if (!release.tree) {
      const before = byVersion(release.previous);
      const tree = new Set(before ? shipped(before) : []);
      release.gone.forEach((number) => tree.delete(number));
      release.new.forEach((number) => tree.add(number));
      release.tree = tree;
    }
    return release.tree;
  };

  const without = (numbers, others) => [...numbers].filter((number) => !others.has(number));
  const ascending = (numbers) => [...numbers].sort((a, b) => a - b);
  const lastOf = (release) => idsOf(ascending(shipped(release)).slice(-1))[0];

  // --- the route (upgrade.py) -------------------------------------------------------------------

  const refused = (before, version, kind, values, undo = []) => ({
    before,
    version,
    ...Object.fromEntries(
      Object.entries(data.words.refusals[kind]).map(([key, text]) => [key, fill(text, values)]),
    ),
    hops: [],
    undo,
    left: [],
    releases: [],
    applied: new Set(),
  });

  const route = (from, to) => {
    const start = find(from);
    const target = find(to);
    if (!start) return unknown(from, to, from);
    if (!target) return unknown(start.version, to, to);
    const names = { before: start.version, version: target.version };
    const planned = [start, target].find((release) => release.status === "planned");
    if (planned) {
      return refused(start.version, target.version, "planned", { version: planned.version });
    }
    const place = (release) => data.releases.indexOf(release);
    if (place(start) > place(target)) return downgrade(start, target);
    if (start === target) return refused(start.version, target.version, "there", names);
    return stepBack(start, target) || allowed(start, target);
  };

  const unknown = (from, to, name) => {
    const why = Object.hasOwn(data.ignored, name) && data.ignored[name];
    const names = data.releases.filter((r) => r.status !== "planned").map((r) => r.version);
    const known = names.slice(-5).join(", ") || "none yet";
    if (why) return refused(from, to, "ignored", { name, why });
    if (!name.trim() && names.length) {
      const released = data.releases.filter((r) => r.status === "released").map((r) => r.version);
      return refused(from, to, "empty", { near: (released.length ? released : names).at(-1) });
    }
    const near = nearest(name, names);
    return refused(from, to, near ? "mistyped" : "unknown", { name, known, near });
  };

  /** Give the newest version that begins so, else the most alike, as Python's difflib finds it; or null. */
  const nearest = (name, names) => {
    const bare = (version) => version.toLowerCase().replace(/^v/, "");
    const begun = names.findLast((other) => bare(other).startsWith(bare(name)));
    if (begun) return begun;
    let best = null;
    for (const other of names) {
      const ratio = alike(other, name);
      if (ratio >= 0.5 && (!best || ratio > best[0] || (ratio === best[0] && other > best[1]))) best = [ratio, other];
    }
    return best && best[1];
  };
  const alike = (one, other) => {
    const length = one.length + other.length;
    return length ? (2 * shared(one, other)) / length : 1;
  };
  /** Count the letters in the longest common piece, and in what is left and right of it. */
  const shared = (one, other) => {
    let [size, at, there] = [0, 0, 0];
    for (let i = 0; i < one.length; i += 1) {
      for (let j = 0; j < other.length; j += 1) {
        let run = 0;
        while (i + run < one.length && j + run < other.length && one[i + run] === other[j + run]) run += 1;
        if (run > size) [size, at, there] = [run, i, j];
      }
    }
    if (!size) return 0;
    return size + shared(one.slice(0, at), other.slice(0, there)) + shared(one.slice(at + size), other.slice(there + size));
  };

  const downgrade = (start, target) => {
    const undo = ascending(without(shipped(start), shipped(target))).reverse();
    const back = command("rollback_to", target.version, lastOf(target));
    const kind = undo.length ? (back ? "downgrade" : "downgrade_by_hand") : "same_schema";
    const values = { before: start.version, version: target.version, command: back };
    return refused(start.version, target.version, kind, values, undo);
  };

  const stepBack = (start, target) => {
    const seen = new Set(chain(target).flatMap((release) => [...shipped(release)]));
    const later = data.releases.slice(data.releases.indexOf(target) + 1);
    const coming = without(shipped(start), seen).filter((number) =>
      later.some((release) => shipped(release).has(number)),
    );
    if (!coming.length) return null;
    const all = later.find((release) => coming.every((number) => shipped(release).has(number)));
    const ids = idsOf(coming).sort((a, b) => (a < b ? -1 : 1));
    return refused(start.version, target.version, "step_back", {
      before: start.version,
      version: target.version,
      ids: named(ids),
      later: (all || later.at(-1)).version,
    });
  };

  const allowed = (start, target) => {
    const first = data.releases.indexOf(start);
    const between = chain(target)
      .slice(0, -1)
      .filter((release) => data.releases.indexOf(release) > first);
    const hops = hopsOf(start, target, between);
    const run = hops.flatMap((hop) => hop.run);
    return {
      before: start.version,
      version: target.version,
      reason: "",
      instead: "",
      hops,
      undo: [...run].reverse(),
      left: ascending(without(shipped(start), shipped(target))),
      releases: [...between, target],
      applied: shipped(start),
    };
  };

  const hopsOf = (start, target, between) => {
    const stops = stopsOf(start, target, between);
    const repeatable = new Set(data.repeatable);
    const hops = [];
    let applied = new Set(shipped(start));
    let before = start.version;
    let passed = [];
    for (const release of [...between, target]) {
      passed.push(release);
      if (release !== target && !stops.has(release.version)) continue;
      const fresh = without(shipped(release), applied);
      const again = passed
        .flatMap((r) => r.edited)
        .filter((number) => repeatable.has(number) && applied.has(number));
      const run = ascending(new Set([...fresh, ...again]));
      const why = stops.get(release.version) || "";
      hops.push({
        before,
        release,
        run: [
          ...run.filter((number) => !repeatable.has(number)),
          ...run.filter((number) => repeatable.has(number)),
        ],
        required_by: why,
        leave_when: (why && data.leave_when[release.version]) || [],
      });
      applied = new Set([...applied, ...fresh]);
      before = release.version;
      passed = [];
    }
    return hops;
  };

  const stopsOf = (start, target, between) => {
    const stops = new Map();
    for (const release of between) {
      if (data.stops.includes(release.version)) {
        stops.set(release.version, data.words.stop_declared);
      }
    }
    const last = new Map();
    const [had, has] = [shipped(start), shipped(target)];
    const stays = (number) =>
      has.has(number) || data.repeatable.includes(number) ||
      (data.twins[number] || []).some((twin) => has.has(twin));
    // Drafts that came and went in between are missed by nobody.
    const squashed = [...had].some((number) => !stays(number));
    for (const release of squashed ? between : []) {
      if (release.candidate && !start.candidate) continue;
      for (const number of shipped(release)) {
        if (!had.has(number) && !stays(number)) last.set(number, release.version);
      }
    }
    const lost = new Map();
    for (const number of ascending(last.keys())) {
      const version = last.get(number);
      lost.set(version, [...(lost.get(version) || []), data.migrations[number]]);
    }
    for (const [version, ids] of lost) {
      const gone = fill(data.words.stop_gone, { ids: named(ids), version: target.version });
      stops.set(version, stops.has(version) ? `${stops.get(version)}; ${gone}` : gone);
    }
    return stops;
  };

  // --- the guide (upgrade_guide.py, upgrade_steps.py) -------------------------------------------

  const EMPTY = {
    breaking: [],
    brought_by: [],
    known_safe: false,
    script: "",
    undo_script: "",
    repeatable: false,
    run: "",
    undo: "",
    previous: "",
    whole: [],
    unrunnable: [],
    irreversible: "",
    undo_unknown: "",
    unread: "",
    as_read: "",
    stays: false,
    downtime: "",
    stop_needed: false,
    duration: "",
    measured: {},
    measured_rows: {},
    measured_on: "",
    lock: "",
    lock_on: [],
    locks: [],
    waits: false,
    checks: [],
    advice: "",
    prepare: "",
    configure: "",
    deploy: "",
    leave_when: "",
    troubles: "",
    afterwards: "",
    deprecates: "",
    loss: "",
  };

  /** Give the commands for the files of a release, and what its own tree calls a script. */
  const runnerAt = (release) =>
    release && release.stood >= 0 ? { ...data.runner, ...data.stood[release.stood].runner } : data.runner;
  const pathAt = (release, path) => {
    if (!path || !release || release.stood < 0) return path;
    const there = data.stood[release.stood];
    const prefix = there.present ? `${there.present}/` : "";
    if (!path.startsWith(prefix)) return path;
    const name = path.slice(prefix.length);
    const then = Object.hasOwn(there.names, name) ? there.names[name] : name;
    return (there.folder ? `${there.folder}/` : "") + then;
  };

  // A guide asks for the same piece many times: for its steps, its hops, its rollback.
  const made = new Map();
  const pieceOf = (number, release) => {
    const key = `${number} ${release ? release.stood : ""}`;
    if (!made.has(key)) made.set(key, freshPiece(number, release));
    return made.get(key);
  };
  const freshPiece = (number, release) => {
    const short = shards.get(Math.floor(number / data.shard))[number % data.shard];
    const whole = short.whole || [];
    const byHand = (path, name) =>
      path && data.runner.by_hand && !(short.unrunnable || []).includes(name)
        ? fill(whole.includes(name) ? data.psql_whole : data.psql, { path: quoted(path) })
        : "";
    const [script, undo] = [short.script, short.undo_script].map((path) => pathAt(release, path) || "");
    return {
      id: short.id,
      title: short.title,
      release: short.release || "",
      ...EMPTY,
      ...short,
      value: short.value || short.id,
      script,
      undo_script: undo,
      run: byHand(script, "run"),
      undo: byHand(undo, "undo"),
    };
  };

  /** Fill in what records a step by hand; empty where nothing does (runner.py). */
  const recording = (command, piece) =>
    optional("previous", command, piece.previous)
      .replace(/\{previous\|([^}]*)\}/g, (_, none) => quoted(piece.previous || none))
      .replaceAll("{id}", quoted(piece.id))
      .replaceAll("{value}", quoted(piece.value));
  const handRun = (pieces, release) =>
    data.runner.forward_by_hand && pieces.every((piece) => piece.run)
      ? pieces.flatMap((p) => [p.run, recording(runnerAt(release).record, p)]).filter(Boolean)
      : [];
  const handUndo = (piece, release) =>
    data.runner.back_by_hand && piece.undo
      ? [piece.undo, recording(runnerAt(release).unrecord, piece)].filter(Boolean).join("\n")
      : "";
  const doubleQuoted = (text) => (/["$`\\!]/.test(text) ? quoted(text) : `"${text}"`);
  const asking = (statement) => data.ask.replaceAll("{query}", doubleQuoted(statement));

  const said = (pieces, name) =>
    pieces.filter((p) => p[name]).map((p) => ({ migration: p.id, text: p[name] }));

  const guide = (way) => {
    const run = way.hops.flatMap((hop) => hop.run.map((number) => pieceOf(number, hop.release)));
    const state = stateOf(way);
    const stuck = run.find((piece) => piece.irreversible);
    const start = find(way.before);
    const inHand = way.hops.length ? way.hops.at(-1).release : start;
    const back = way.undo.map((number) => pieceOf(number, lastWith(way, number) || inHand));
    const firstStuck = back.findIndex((piece) => piece.irreversible);
    const found = {
      from: way.before,
      to: way.version,
      allowed: !way.reason,
      reason: way.reason || null,
      summary: "",
      hops: way.hops.map(hopGuide),
      migrations: run.map((piece) => piece.id),
      breaking: breakingOf(way, run),
      point_of_no_return: stuck ? stuck.id : null,
      steps: way.reason ? [] : stepsOf(way, state),
      rollback: back.slice(0, firstStuck < 0 ? back.length : firstStuck).map((piece) => piece.id),
      instead: way.instead,
      state,
      status: runnerAt(start).status,
      status_after: runnerAt(inHand).status,
      undo_one: runnerAt(inHand).rollback_one,
      query: data.runner.query,
      pieces: run,
      downtime: said(run, "downtime"),
      duration: durationOf(run),
      lock: worstLock(run),
      no_return: stuck ? { migration: stuck.id, text: stuck.irreversible } : null,
      unread: run.filter((piece) => piece.unread).map((piece) => ({ id: piece.id, why: piece.unread })),
      locks: run.flatMap((piece) => piece.locks.map(([table, lock]) => ({ table, lock, migration: piece.id }))),
      undo_unknown: said(run, "undo_unknown"),
      stays: run.filter((piece) => piece.stays).map((piece) => piece.id),
      schema: data.schema.schema,
      stops: stoppedBy(way, run),
      prepare: said(run, "prepare"),
      applied_by: data.applying.by,
      halfway: run.length
        ? data.halfway.map(({ text, command }) => ({
            text: fill(text, { before: way.before, version: way.version }),
            command: command && command === data.runner.status ? runnerAt(inHand).status : command,
          }))
        : [],
      ahead: data.applying.at_start ? [] : aheadOf(way),
      back: back.map((piece, index) => ({
        migration: piece.id,
        script: piece.undo_script,
        found_in: foundIn(way, way.undo[index]),
        by_hand: handUndo(piece, lastWith(way, way.undo[index]) || inHand),
        why_not: piece.irreversible,
        loss: piece.loss,
        as_read: piece.as_read,
      })),
      troubles: run.length
        ? Object.entries(data.words.troubles)
            .filter(([name]) => name !== "lock" || run.some((piece) => piece.waits))
            .map(([, trouble]) => trouble)
        : [],
      written_troubles: said(run, "troubles"),
      afterwards: said(run, "afterwards"),
      deprecates: said(run, "deprecates"),
      left: idsOf(way.left),
    };
    found.summary = summaryOf(found, lasting);
    return found;
  };

  // --- the first sentence (summary.py) ----------------------------------------------------------

  const many = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;
  const lasting = (milliseconds) => {
    const seconds = Math.floor((milliseconds + 500) / 1000);
    if (seconds < 1) return "less than a second";
    if (seconds < 90) return `about ${many(seconds, "second")}`;
    if (seconds < 5400) return `about ${many(Math.floor((seconds + 30) / 60), "minute")}`;
    return `about ${many(Math.floor((seconds + 1800) / 3600), "hour")}`;
  };

  // --- what was measured (timing.py) ------------------------------------------------------------

  const counted = (number) => Number(number).toLocaleString("en");
  const took = (milliseconds) => {
    if (milliseconds < 1000) return `${milliseconds} ms`;
    const tenths = Math.floor((milliseconds + 50) / 100);
    if (milliseconds < 90000) return `${Math.floor(tenths / 10)}.${tenths % 10} s`;
    const seconds = Math.floor((milliseconds + 500) / 1000);
    return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  };
  const mostRows = (piece) => Math.max(0, ...Object.values(piece.measured_rows));
  const timedIn = (run, name) => run.filter((piece) => Object.hasOwn(piece.measured, name));
  const sumOf = (timed, name) => timed.reduce((sum, piece) => sum + piece.measured[name], 0);
  const countOf = (timed, run) =>
    timed.length < run.length ? `${timed.length} of ${run.length} migrations` : many(run.length, "migration");

  const rowsOf = (timed) => {
    const words = data.words.measured;
    const tables = [...new Set(timed.flatMap((piece) => Object.keys(piece.measured_rows)))];
    if (!tables.length) return words.no_rows;
    return fill(tables.length === 1 ? words.rows : words.up_to_rows, {
      rows: counted(Math.max(...timed.map(mostRows))),
      of: tables.length <= 3 ? tables.join(", ") : `${tables.length} tables`,
    });
  };

  const byVerify = (run) => {
    const name = data.words.scratch;
    const timed = timedIn(run, name);
    if (!timed.length) return "";
    const longest = timed.reduce((a, b) => (b.measured[name] > a.measured[name] ? b : a));
    return fill(data.words.measured[run.length === 1 ? "one" : timed.length === 1 ? "some" : "many"], {
      took: took(sumOf(timed, name)),
      count: countOf(timed, run),
      rows: rowsOf(timed),
      on: [...new Set(timed.map((piece) => piece.measured_on))].join("; "),
      longest: longest.id,
      longest_took: took(longest.measured[name]),
    });
  };

  /** Say how long a step's migrations took where that was measured; empty where it was not. */
  const measuredOf = (run) => {
    const environments = new Set(run.flatMap((piece) => Object.keys(piece.measured)));
    environments.delete(data.words.scratch);
    return [
      byVerify(run),
      ...[...environments].sort().map((environment) => {
        const timed = timedIn(run, environment);
        const words = data.words.measured[run.length === 1 ? "environment" : "environment_many"];
        return fill(words, { environment, took: took(sumOf(timed, environment)), count: countOf(timed, run) });
      }),
    ].filter(Boolean).join(" ");
  };

  /** Give each time with its rows, as pages that are written beforehand have it. */
  const timesOf = (run) =>
    timedIn(run, data.words.scratch).map((piece) => `${piece.measured[data.words.scratch]}/${mostRows(piece)}`).join(" ");
  /** Give how long they would take with that many rows: a time grows with what it was measured on. */
  const scaled = (times, rows) =>
    times.split(" ").reduce((sum, time) => {
      const [milliseconds, held] = time.split("/").map(Number);
      return sum + milliseconds * (held ? Math.max(rows / held, 1) : 1);
    }, 0);

  /** Answer in one sentence; `timed` says how long the milliseconds that were measured are. */
  const summaryOf = (found, timed) => {
    const words = data.words.summary;
    if (!found.allowed) return "";
    if (!found.pieces.length) return words.nothing;
    const stops = found.pieces.filter((piece) => piece.stop_needed).length;
    const total = found.duration.total_ms;
    const last = found.no_return
      ? fill(words.until, { step: found.steps.find((step) => step.kind === "no_return").number })
      : found.undo_unknown.length ? words.undo_unknown : found.stays.length ? words.stays : words.undone;
    const told = [
      many(found.pieces.length, "migration"),
      found.unread.length ? fill(words.unread, { count: found.unread.length }) : "",
      fill(data.applying.at_start ? words.stop_all : stops ? words.stop : words.no_stop, { count: stops }),
      total === null ? words.no_time : timed(total),
      last,
    ];
    return `${told.filter(Boolean).join(", ")}.`;
  };

  /** Name the version whose files hold a script that the target's no longer do. */
  const lastWith = (way, number) => {
    const target = way.releases.at(-1);
    const hop = way.hops.find((passed) => passed.run.includes(number));
    return hop && !shipped(target).has(number) ? hop.release : null;
  };
  const foundIn = (way, number) => (lastWith(way, number) || { version: "" }).version;

  const stateOf = (way) => {
    if (way.reason) return "";
    const had = [...way.applied];
    const once = had.filter((number) => !data.repeatable.includes(number));
    const last = Math.max(-1, ...(once.length ? once : had));
    const first = Math.min(Infinity, ...way.hops.flatMap((hop) => hop.run));
    const words = last < 0 ? data.words.state_nothing : first < last ? data.words.state_among : data.words.state_up_to;
    const rest = first < Infinity ? data.words.state_not : "";
    return (
      fill(words, { last: data.migrations[last] }) + fill(rest, { first: data.migrations[first] })
    );
  };

  const hopGuide = (hop) => {
    let conditions = [
      ...hop.leave_when.map((text) => ({ migration: "", text })),
      ...said(hop.run.map((number) => pieceOf(number)), "leave_when"),
    ];
    if (!conditions.length) conditions = [{ migration: "", text: data.words.leave }];
    return {
      from: hop.before,
      to: hop.release.version,
      tag: hop.release.tag,
      migrations: idsOf(hop.run),
      required_by: hop.required_by,
      leave_when: hop.required_by ? conditions : [],
    };
  };

  // What only the version before cannot run with: nobody else reads a private schema.
  const stoppedBy = (way, run) =>
    data.schema.schema === "private"
      ? breakingOf(way, run).filter((item) => item.migration && item.by.join() === "SQL").map((item) => item.migration)
      : [];
  const forUsers = (found) => found.breaking.filter((item) => !found.stops.includes(item.migration));
  const breakingOf = (way, run) => {
    const onTheWay = new Set(run.map((piece) => piece.id));
    const within = (ids) => ids.length > 0 && ids.every((id) => onTheWay.has(id));
    return [
      ...run
        .filter((piece) => piece.breaking.length && !within(piece.brought_by))
        .map((piece) => ({
          migration: piece.id,
          release: piece.release,
          title: piece.title,
          by: piece.breaking,
          advice: piece.advice,
        })),
      ...way.releases.flatMap((release) => release.breaking),
    ];
  };

  const durationOf = (run) => {
    const environments = [...new Set(run.flatMap((p) => Object.keys(p.measured)))].sort();
    const count = (name) => run.filter((piece) => Object.hasOwn(piece.measured, name)).length;
    const on = environments.reduce((a, b) => (a !== null && count(a) >= count(b) ? a : b), null);
    const missing = run.filter((piece) => !Object.hasOwn(piece.measured, on));
    const total = run.reduce((sum, piece) => sum + (piece.measured[on] || 0), 0);
    return {
      total_ms: run.length && !missing.length ? total : null,
      on: on || "",
      unmeasured: missing.map((piece) => piece.id),
      said: said(run, "duration"),
    };
  };

  const worstLock = (run) => {
    const rank = (piece) => data.words.locks.indexOf(piece.lock);
    const taken = run.filter((piece) => rank(piece) >= 0);
    if (!taken.length) return null;
    const worst = taken.reduce((a, b) => (rank(b) > rank(a) ? b : a));
    return { lock: worst.lock, on: worst.lock_on, migration: worst.id };
  };

  const aheadOf = (way) => {
    const first = way.hops.length ? way.hops[0].run.map((number) => pieceOf(number)) : [];
    const end = first.findIndex((piece) => !piece.known_safe || piece.stop_needed);
    return first.slice(0, end < 0 ? first.length : end).map((piece) => piece.id);
  };

  const stepsOf = (way, state) => {
    const steps = [];
    const add = (kind, hop, values, commands = [], byHand = [], text = "", run = []) => {
      const words = data.words.steps[kind];
      steps.push({
        number: steps.length + 1,
        kind,
        hop,
        title: fill(words.title, values),
        expect: fill(words.expect, values),
        stop_if: fill(words.stop_if, values),
        commands: commands.filter(Boolean),
        by_hand: byHand,
        text,
        migrations: run.map((piece) => piece.id),
        measured: measuredOf(run),
      });
    };
    const opening = { before: way.before, state };
    add("identify", 0, opening, [runnerAt(find(way.before)).status]);
    let decided = false;
    let saved = false;
    way.hops.forEach((hop, index) => {
      const run = hop.run.map((number) => pieceOf(number, hop.release));
      stepsOfHop(hop, run, index + 1, decided, saved, add);
      saved = saved || run.length > 0;
      decided = decided || run.some((piece) => piece.irreversible);
    });
    return steps;
  };

  const stepsOfHop = (hop, run, index, decided, saved, add) => {
    const { version, tag } = hop.release;
    const values = { version, tag, before: hop.before };
    if (data.applying.at_start) starting(run, index, values, decided, saved, add);
    else running(hop, run, index, values, decided, saved, add);
    if (data.commands.health) add("health", index, values, [data.commands.health]);
    if (run.some((piece) => piece.checks.length)) add("verify", index, values);
    if (hop.required_by) add("leave", index, values);
  };

  const byNotes = (run, index, values, add) => {
    for (const kind of ["configure", "deploy"]) {
      for (const piece of run.filter((p) => p[kind])) {
        add(kind, index, { ...values, migration: piece.id }, [], [], piece[kind]);
      }
    }
  };
  const backUp = (index, values, add) => add("backup", index, values, [data.runner.backup], [], data.backup_text);

  /** Add the steps of a hop whose migrations a tool runs. */
  const running = (hop, run, index, values, decided, saved, add) => {
    const { tag } = values;
    if (tag) add("get", index, values, [`git checkout ${quoted(tag)}`]);
    if (run.some((piece) => piece.stop_needed)) add("stop", index, values, [data.commands.stop]);
    if (run.length && !saved) backUp(index, values, add);
    applying(hop, run, index, values, decided, add);
    byNotes(run, index, values, add);
    add("start", index, values, [data.commands.start]);
  };

  /** Add the steps of a hop whose migrations the new version runs when it starts. */
  const starting = (run, index, values, decided, saved, add) => {
    const { log, shows } = data.runner;
    const words = data.words.starting;
    add("obtain", index, values);
    if (!run.length) {
      add("start", index, values, [data.commands.start]);
      return;
    }
    add("stop_all", index, values, [data.commands.stop]);
    if (!saved) backUp(index, values, add);
    const stuck = run.find((piece) => piece.irreversible);
    if (stuck && !decided) add("no_return", index, { ...values, migration: stuck.id });
    byNotes(run, index, values, add);
    const last = run.findLast((piece) => !piece.repeatable) || run.at(-1);
    const total = durationOf(run).total_ms;
    const time = fill(words.time, {
      count: many(run.length, "migration"),
      lasting: total === null ? words.no_time : lasting(total),
    });
    const expected = { said: log, migration: last.id };
    add("start_applying", index, { ...values, log: fill(log ? words.log_known : words.log, expected) }, [data.commands.start], [], time, run);
    const asked = shows && !last.value.includes("'") ? asking(shows.replaceAll("{value}", last.value)) : "";
    add("applied", index, { ...values, answer: fill(asked ? words.answer : words.answer_log, expected) }, [asked]);
    add("start_rest", index, values);
  };

  const applying = (hop, run, index, values, decided, add) => {
    if (!run.length) return;
    const at = run.findIndex((piece) => piece.irreversible);
    let rest = run;
    if (at >= 0 && !decided) {
      const safe = data.runner.apply_to ? run.slice(0, at) : [];
      if (safe.length) {
        const migration = safe.at(-1).id;
        const commands = [command("apply_to", migration, migration)];
        add("apply_safe", index, { ...values, migration }, commands, handRun(safe, hop.release), "", safe);
      }
      add("no_return", index, { ...values, migration: run[at].id });
      rest = run.slice(safe.length);
    }
    const whole = hop.release.tag || hop.release.status === "released";
    const migration = rest.at(-1).id;
    const commands = [
      (whole && command("apply_to", hop.release.version, migration)) || runnerAt(hop.release).apply,
    ];
    add("apply", index, { ...values, migration }, commands, handRun(rest, hop.release), commands[0] ? "" : data.runner.note, rest);
  };

  /** Give the guide of a pair, as `migdocs upgrade FROM TO --json` does. */
  const compose = async (from, to) => {
    await load("data/upgrade.js");
    const way = route(from, to);
    await loadPieces([...way.hops.flatMap((hop) => hop.run), ...way.undo]);
    return guide(way);
  };
  window.migdocs = { compose };

  // --- elements ---------------------------------------------------------------------------------

  /** Make an element; strings become text, so nothing in them is ever read as HTML. */
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (typeof value === "function") element.addEventListener(key, value);
      else if (value !== false && value !== null) element.setAttribute(key, value === true ? "" : value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== ""));
    return element;
  };
  const code = (text) => make("code", {}, text);

  /** Give words as text; what stands between backticks or stars as code or strong. */
  const inline = (text) =>
    text.split(/(`[^`\n]+`|\*\*[^*\n]+\*\*)/).map((part, index) =>
      index % 2 === 0 ? part : part.startsWith("`") ? code(part.slice(1, -1)) : make("strong", {}, part.slice(2, -2)));
  const paragraphs = (text) =>
    text
      .trim()
      .split(/\n\s*\n/)
      .filter(Boolean)
      .map((paragraph) =>
        make("p", { class: "migdocs-said" }, inline(paragraph.replace(/\n(?!\s*([-*+|>`#]|\d+[.)]|\s{4}))\s*/g, " "))),
      );

  /** Give what somebody wrote as paragraphs; lines that begin a list or a table stay lines. */
  const prose = (text) => {
    const parts = [];
    let at = 0;
    for (const fenced of text.matchAll(/^ *(`{3,}|~{3,}).*\n([^]*?)^ *\1.*$/gm)) {
      parts.push(paragraphs(text.slice(at, fenced.index)), block(fenced[2].trimEnd()));
      at = fenced.index + fenced[0].length;
    }
    return [...parts, paragraphs(text.slice(at))];
  };
  const count = (items, what) => `${items.length} ${what}${items.length === 1 ? "" : "s"}`;
  const list = (items) => make("ul", {}, items.map((item) => make("li", {}, item)));

  const copied = async (text, button) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", { class: "migdocs-unseen" });
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const words = button.dataset.words || (button.dataset.words = button.textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = words), 2000);
  };

  const block = (text) => {
    const button = make("button", { type: "button", class: "migdocs-copy" }, "Copy");
    button.setAttribute("aria-label", `Copy: ${text.split("\n")[0].slice(0, 60)}`);
    button.addEventListener("click", () => copied(text, button));
    return make("div", { class: "migdocs-block" }, make("pre", { tabindex: "0" }, code(text)), button);
  };

  /** Give the address of a page below migrations/: a site has folders of pages, or flat files. */
  const addressOf = (stem) => {
    const end = data.flat ? ".html" : location.protocol === "file:" ? "/index.html" : "/";
    return new URL(`migrations/${encodeURIComponent(stem)}${end}`, base).href;
  };
  const addresses = new Map();
  const pageOf = (id) => {
    if (!addresses.size) {
      data.migrations.forEach((known, number) => addresses.set(known, addressOf(data.pages[number] || known)));
    }
    return addresses.get(id) || addressOf(id);
  };
  const migration = (id) => make("a", { href: pageOf(id) }, code(id));
  const joined = (nodes) => nodes.flatMap((node, index) => (index ? [", ", node] : [node]));
  const migrations = (ids) => joined(ids.map(migration));

  // --- the page (upgrade_body.md.jinja) ---------------------------------------------------------

  const section = (found, name, ...children) =>
    make(
      "section",
      {},
      make("h3", {}, fill(data.words.headings[name], { before: found.allowed ? found.from : found.to })),
      children,
    );

  const older = (found) => (found.reason || "").startsWith(`${found.to} is older than ${found.from}`);
  const titleOf = (found) => `${older(found) ? "Roll back" : "Upgrade"} ${found.from || "?"} to ${found.to || "?"}`;

  /** Give the parts of the page in its order, each made when it is asked for: the verdict is first. */
  const page = (found, ticks) => {
    if (!found.allowed) {
      return [
        () => [
          make("p", { class: "migdocs-refused" }, make("strong", {}, "Refused: "), `${found.reason}.`),
          found.instead ? make("p", {}, found.instead) : null,
          found.back.length ? section(found, "back", wayBack(found)) : null,
        ],
      ];
    }
    return [
      () => [
        make("p", { class: "migdocs-summary" }, make("strong", {}, found.summary)),
        onYourSize(found),
        section(found, "verdict", verdict(found), told(found)),
      ],
      () => [
        section(found, "identity", prose(`You are on ${found.from} when ${found.state}.`), found.status && block(found.status), found.query && !found.status.includes(found.query) && block(found.query.replace(/[;\s]*$/, ";"))),
        advice(found).length ? make("section", {}, advice(found)) : null,
        found.pieces.length ? [noReturn(found), preparing(found, ticks()), ahead(found)] : null,
      ],
      () => section(found, "steps", make("ol", { class: "migdocs-steps" }, found.steps.map((step) => stepItem(found, step, ticks())))),
      () => (found.hops.length > 1 ? section(found, "leave", leaving(found)) : null),
      ...(found.pieces.length ? closing(found) : []),
    ];
  };

  const FOLDED = 10;
  /** Give items as a list; what is beyond ten is folded. */
  const foldedList = (items) => {
    const rest = items.slice(FOLDED);
    return [
      list(items.slice(0, FOLDED)),
      rest.length ? make("details", {}, make("summary", {}, `and ${rest.length} more`), list(rest)) : null,
    ];
  };

  /** List what the change log says that breaks, by release. */
  const told = (found) => {
    const releases = new Map();
    for (const item of found.breaking.filter((one) => !one.migration)) {
      releases.set(item.release, [...(releases.get(item.release) || []), item.title]);
    }
    if (!releases.size) return null;
    const items = [...releases].flatMap(([release, titles]) => titles.map((title) => [make("strong", {}, release), `: ${title}`]));
    return [make("p", {}, "Breaking, as the change log says:"), foldedList(items)];
  };

  /** Ask for the number of rows, and say how long the whole takes with them, where it was measured. */
  const onYourSize = (found) => {
    const times = timesOf(found.pieces);
    if (!/\/[1-9]/.test(times)) return null;
    const missing = found.pieces.length - timedIn(found.pieces, data.words.scratch).length;
    return askSize(times, (rows) => {
      const lasts = lasting(scaled(times, rows));
      return missing
        ? `${lasts} on your size for ${countOf(found.pieces.slice(missing), found.pieces)}; the others were not measured.`
        : summaryOf(found, () => `${lasts} on your size`);
    });
  };

  /** Give a field for a number of rows; every step of the page that was measured is told anew. */
  const askSize = (times, answer) => {
    const most = Math.max(...times.split(" ").map((time) => Number(time.split("/")[1])));
    const input = make("input", { id: "migdocs-rows", type: "number", min: "0", inputmode: "numeric", placeholder: String(most) });
    const said = make("output", { for: "migdocs-rows" });
    input.addEventListener("input", () => {
      const rows = Number(input.value) > 0 ? Number(input.value) : 0;
      document.querySelectorAll("[data-migdocs-times]").forEach((place) => resized(place, rows));
      said.textContent = rows ? ` ${answer(rows)} Estimated from the time measured with ${counted(most)} rows.` : "";
    });
    return make("p", { class: "migdocs-size" }, make("label", { for: "migdocs-rows" }, "Rows in your largest table: "), input, said);
  };
  const resized = (place, rows) => {
    place.textContent = rows ? `On your size: ${lasting(scaled(place.dataset.migdocsTimes, rows))}.` : "";
  };

  // "not known: 3 of 5 scripts could not be read (why)" (known.py).
  const notKnown = (found) => {
    const whys = [...new Set(found.unread.map((item) => item.why))];
    const more = whys.length > 3 ? `; and ${whys.length - 3} more` : "";
    const scripts = `${found.pieces.length} script${found.pieces.length === 1 ? "" : "s"}`;
    return `not known: ${found.unread.length} of ${scripts} could not be read (${whys.slice(0, 3).join("; ")}${more})`;
  };
  const FEW_LOCKS = 8;
  /** Give each table once, with its strongest lock and the number of migrations that take one. */
  const locksByTable = (found) => {
    const rank = (lock) => data.words.locks.indexOf(lock);
    const tables = new Map();
    for (const { table, lock, migration: id } of found.locks) {
      const known = tables.get(table) || { lock, by: new Set() };
      tables.set(table, { lock: rank(lock) > rank(known.lock) ? lock : known.lock, by: known.by.add(id) });
    }
    return foldedList([...tables].map(([table, { lock, by }]) =>
      [code(lock), ` on ${table}, by `, by.size === 1 ? migration([...by][0]) : `${by.size} migrations`]));
  };
  const locks = (found) => {
    const told = found.locks.length > FEW_LOCKS
      ? locksByTable(found)
      : joined(found.locks.map((item) => make("span", {}, code(item.lock), ` on ${item.table}, by `, migration(item.migration))));
    const unsure = found.unread.map((item) => item.id).join(", ");
    if (!found.locks.length) return unsure ? `not known for ${unsure}` : "none that block reads or writes";
    const held = data.runner.in_one && found.pieces.length > 1 ? data.words.held.replace("{runner}", data.runner.name) : "";
    return [told, unsure ? `; not known for ${unsure}` : "", held];
  };
  const lockedTables = (found) => [...new Set(found.locks.map((item) => item.table))].join(", ");
  const canUndo = (found) => {
    if (found.undo_unknown.length) return `not known: ${found.undo_unknown.map((item) => item.migration).join(", ")}`;
    const stays = found.stays.length ? ", but the schema stays different: see the rollback" : "";
    return `yes, back to ${found.from}${stays}`;
  };

  const byChangeLog = (found) => {
    const told = forUsers(found).filter((item) => !item.migration).length;
    if (!told) return null;
    return told < forUsers(found).length ? `, and ${told} that the change log names` : ", as the change log says";
  };

  const verdict = (found) => {
    const rows = [
      ["Allowed", found.hops.length === 1 ? "yes, in one hop" : `yes, in ${found.hops.length} hops: ${found.hops.map((hop) => hop.to).join(", then ")}`],
      ["Migrations", found.pieces.length ? String(found.pieces.length) : "none: the schema stays as it is"],
      ["Breaking changes", forUsers(found).length ? [make("strong", {}, String(forUsers(found).length)), forUsers(found).some((item) => item.migration) ? [": ", joined(forUsers(found).filter((item) => item.migration).map((item) => migration(item.migration)))] : null, byChangeLog(found), found.unread.length ? `; what else breaks is ${notKnown(found)}` : ""] : found.unread.length ? notKnown(found) : "none"],
    ];
    if (found.stops.length) {
      rows.push(["Stop first", [make("strong", {}, `${found.from} cannot run on this schema`), ", because of ", migrations(found.stops), `: stop it before. No rolling deploy, and no return to ${found.from} without the rollback`]]);
    }
    rows.push(["Schema", `${data.schema.schema}: ${data.schema.why}`]);
    rows.push(["Applied by", `${data.applying.who}: ${data.applying.why}`]);
    if (found.pieces.length) {
      rows.push(
        ["Downtime", downtime(found)],
        ["Can be undone", found.no_return ? ["until ", migration(found.no_return.migration), " has run, not after it"] : canUndo(found)],
        ["Locks", locks(found)],
        ["Time", time(found)],
      );
    }
    if (found.left.length) {
      rows.push(["Stays applied", [migrations(found.left), `: it has run and is no longer part of ${found.to}`]]);
    }
    return make("dl", { class: "migdocs-verdict" }, rows.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
  };

  const withSource = (items) => joined(items.map((item) => make("span", {}, item.text, " (", migration(item.migration), ")")));
  const downtime = (found) => {
    const some = found.downtime.filter((item) => !/^(none|no|zero|not? required|0)\b/i.test(item.text));
    if (some.length) return withSource(some);
    return found.downtime.length === found.pieces.length ? "none, as the notes say" : "not documented";
  };
  const time = (found) => {
    if (found.duration.total_ms !== null) {
      return `${found.duration.total_ms / 1000} s, measured in ${found.duration.on}`;
    }
    const known = found.duration.said.filter((item) => !/^not measured/i.test(item.text));
    return known.length ? ["not measured; notes say: ", withSource(known)] : "not measured";
  };
  const advice = (found) =>
    found.breaking
      .filter((item) => item.advice)
      .map((item) => make("div", {}, make("p", {}, "What to do for ", item.migration ? migration(item.migration) : item.title, ":"), prose(item.advice)));

  const noReturn = (found) =>
    section(found, "no_return",
      found.no_return
        ? make("p", { class: "migdocs-no-return" }, make("strong", {}, migration(found.no_return.migration)), `: ${found.no_return.text}. Once it has run, you can only go back to ${found.from} by restoring the backup.`)
        : found.undo_unknown.length ? null : prose("None: every migration of this upgrade has a rollback script."),
      found.undo_unknown.length
        ? [prose("Whether these can be undone is not known:"), list(found.undo_unknown.map((item) => [migration(item.migration), `: ${item.text}`]))]
        : null,
    );

  const tick = (key, ticks, ...label) => {
    const box = make("input", { type: "checkbox", id: `migdocs-${key}` });
    box.checked = ticks.has(key);
    box.addEventListener("change", () => ticks.set(key, box.checked));
    return make("div", { class: "migdocs-tick" }, box, make("label", { for: box.id }, label));
  };

  const preparing = (found, ticks) =>
    section(found, "prepare", make("ul", { class: "migdocs-ticks" },
      make("li", {}, tick("backup", ticks, `You know where the backup stays for ${data.backup_keep_days} days, and you have tested a restore.`)),
      found.locks.length ? make("li", {}, tick("lock", ticks, `No long transaction is open on ${lockedTables(found)}.`)) : null,
      make("li", {}, tick("server", ticks, `You know the server's version. This guide is written for PostgreSQL ${data.postgres}.`)),
      found.prepare.map((item) => make("li", {}, tick(`prepare-${item.migration}`, ticks, `What ${item.migration} needs first:`), prose(item.text))),
    ));

  const ahead = (found) =>
    section(found, "ahead",
      data.applying.at_start ? prose(data.words.ahead_never) : found.ahead.length
        ? make("p", {}, `While ${found.from} is still in use, according to the notes or the SQL: `, migrations(found.ahead), ".")
        : prose(`Nothing is known to be safe while ${found.from} is still in use.`),
    );

  const measuredAt = (found, step) => {
    if (!step.measured) return null;
    const times = timesOf(found.pieces.filter((piece) => step.migrations.includes(piece.id)));
    const rows = Number((document.querySelector("#migdocs-rows") || {}).value) || 0;
    const place = make("span", { "data-migdocs-times": times });
    if (times) resized(place, rows);
    return make("p", { class: "migdocs-measured" }, `${step.measured} `, times ? place : null);
  };

  const stepItem = (found, step, ticks) =>
    make("li", { class: step.kind === "no_return" ? "migdocs-no-return" : null },
      tick(`step-${step.number}`, ticks, make("strong", {}, step.title)),
      step.commands.length ? block(step.commands.join("\n")) : null,
      step.by_hand.length
        ? make("details", {}, make("summary", {}, "Or by hand, one file at a time, in this order"), block(step.by_hand.join("\n")))
        : null,
      data.runner.hand_note && step.kind.startsWith("apply") ? prose(data.runner.hand_note) : null,
      step.text ? prose(step.text) : null,
      measuredAt(found, step),
      make("p", {}, make("strong", { class: "migdocs-expect" }, "Expect: "), `${step.expect}. `, make("strong", { class: "migdocs-stop" }, "Stop if "), `${step.stop_if}.`),
    );

  const leaving = (found) =>
    list(found.hops.filter((hop) => hop.required_by).map((hop) => [
      make("strong", {}, hop.to), ` (${hop.required_by})`,
      list(hop.leave_when.map((item) => [item.migration ? [migration(item.migration), ": "] : null, item.text])),
    ]));

  const closing = (found) => {
    const checked = found.pieces.filter((piece) => piece.checks.length);
    return [
      () => section(found, "checks", checked.length
        ? checked.map((piece) => [
            make("p", {}, "After ", migration(piece.id), ":"),
            piece.checks.map((check, index) => [
              block(check.sql.trim()),
              check.expect === piece.checks[index + 1]?.expect ? null : prose(`Expect: ${check.expect}`),
            ]),
          ])
        : make("p", {}, "The notes contain no queries to check. ", code(found.status_after), ` shows that ${found.migrations.at(-1)} is applied.`)),
      () => section(found, "back", wayBack(found)),
      () => section(found, "halfway", make("ol", {}, found.halfway.map((item) => make("li", {}, item.text, item.command ? block(item.command) : null)))),
      () => section(found, "troubles",
        make("dl", {}, found.troubles.map((t) => [make("dt", {}, code(t.symptom)), make("dd", {}, `${t.cause}. Then ${t.fix}.`)])),
        found.written_troubles.map((item) => [make("p", {}, migration(item.migration), ":"), prose(item.text)])),
      () => section(found, "afterwards",
        make("p", {}, `Keep the backup for ${data.backup_keep_days} days, then delete it.`),
        found.afterwards.map((item) => [make("p", {}, "After ", migration(item.migration), ":"), prose(item.text)]),
        found.deprecates.map((item) => [make("p", {}, migration(item.migration), " deprecates:"), prose(item.text)])),
    ];
  };

  const oneAtATime = (found) => {
    const step = found.undo_one;
    const how = `${data.runner.name} undoes one migration at a time, newest first`;
    return step ? [make("p", {}, `${how}. Run this ${found.back.length > 1 ? `${found.back.length} times` : "once"}:`), block(step)] : make("p", {}, "Undo these, newest first:");
  };

  /** Say how to leave a version that applies its migrations when it starts. */
  const backFromStart = (found, home, whole, byHand) => {
    const away = found.allowed ? found.to : found.from;
    const files = `newest first, with the files of ${away}`;
    const times = found.back.length > 1 ? `${found.back.length} times` : "once";
    const undo = !whole
      ? make("p", {}, "Scripts cannot undo all of it:")
      : byHand.every(Boolean)
        ? [make("p", {}, make("strong", {}, "Or run the rollback scripts by hand"), `, ${files}, one file at a time. Each is taken out of the record, so that the next start does not count on it:`), block(byHand.join("\n"))]
        : found.undo_one
          ? [make("p", {}, make("strong", {}, `Or undo the migrations with ${data.runner.name}`), `, the program, ${files}. Run this ${times}:`), block(found.undo_one)]
          : make("p", {}, "There are rollback scripts, listed below. Running them by hand is not enough: the application's own record of what ran must be corrected too, and migdocs does not know how.");
    return [
      make("p", {}, fill(data.words.leaving, { before: home, version: away })),
      data.commands.stop ? block(data.commands.stop) : null,
      make("p", {}, make("strong", {}, "Restore the backup"), ": that always works, and loses what was written since. $RESTORED_URL is the URL of the new database; let the application use that one."),
      block(data.runner.restore),
      undo,
    ];
  };

  const wayBack = (found) => {
    const home = found.allowed ? found.from : found.to;
    const whole = found.rollback.length === found.back.length;
    const back = command("rollback_to", home, lastOf(byVersion(home)));
    const byHand = found.back.map((item) => item.by_hand);
    const atStart = data.applying.at_start;
    return [
      atStart ? backFromStart(found, home, whole, byHand) : data.commands.stop ? [make("p", {}, "Stop the application first."), block(data.commands.stop)] : null,
      atStart ? null : whole
        ? back ? [block(back), make("p", {}, "That undoes, newest first:")] : oneAtATime(found)
        : [make("p", {}, "Scripts cannot undo all of this: ", make("strong", {}, "restore the backup"), " where the list says so."), block(data.runner.restore), make("p", {}, "Newest first:")],
      make("ol", { class: "migdocs-back" }, found.back.map((item) => make("li", {},
        migration(item.migration), " with ",
        item.why_not ? [make("strong", {}, "no rollback: restore the backup"), `; ${item.why_not}`] : code(item.script),
        item.found_in ? `, from the files of ${item.found_in}` : null,
        item.as_read && !item.why_not ? `; from its SQL: ${item.as_read}` : null,
        prose(item.why_not ? "Lost: what was written since the backup." : item.loss || "Data loss: not documented."),
      ))),
      whole && !atStart && byHand.every(Boolean) ? make("details", {}, make("summary", {}, "Or by hand, one file at a time"), block(byHand.join("\n")), data.runner.back_note ? prose(data.runner.back_note) : null) : null,
      whole && !atStart ? [make("p", {}, "If that is not enough, restore the backup:"), block(data.runner.restore)] : null,
      make("p", {}, data.applying.at_start ? `Then start ${home}.` : `Then install ${home} again and start it.`),
    ];
  };

  // --- ticks: remembered for one pair, while what it says stays the same ------------------------

  const digest = (text) => {
    let [a, b] = [0xdeadbeef, 0x41c6ce57];
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      a = Math.imul(a ^ unit, 2654435761);
      b = Math.imul(b ^ unit, 1597334677);
    }
    return ((a ^ (b >>> 15)) >>> 0).toString(36) + ((b ^ (a >>> 13)) >>> 0).toString(36);
  };

  const remembered = (found) => {
    const name = `migdocs:${base.pathname}:${found.from}:${found.to}`;
    const hash = digest(JSON.stringify(found));
    let kept = {};
    try {
      kept = JSON.parse(localStorage.getItem(name)) || {};
    } catch {
      // A browser that keeps nothing still shows everything.
    }
    const done = new Set(kept.hash === hash ? kept.done : []);
    return {
      changed: Boolean(kept.done && kept.done.length && kept.hash !== hash),
      has: (key) => done.has(key),
      set: (key, on) => {
        if (on) done.add(key);
        else done.delete(key);
        try {
          localStorage.setItem(name, JSON.stringify({ hash, done: [...done] }));
        } catch {
          // As above.
        }
      },
    };
  };

  /** Mark where a long name may break: after an underscore or a dot, not in the midst of a word. */
  const breakable = (name) => {
    if (name.querySelector("wbr")) return;
    for (const text of [...name.childNodes].flatMap((node) => (node.nodeType === 3 ? [node] : [...node.childNodes]))) {
      const parts = text.nodeType === 3 ? text.data.split(/(?<=[_./])/) : [];
      if (parts.length > 1) text.replaceWith(...parts.flatMap((part, index) => (index ? [make("wbr"), part] : [part])));
    }
  };

  // --- the picker -------------------------------------------------------------------------------

  /** Add what a part gives, and let its long names break. */
  const append = (place, part) => {
    const nodes = [part].flat(Infinity).filter(Boolean);
    place.append(...nodes);
    nodes.forEach((node) => node.querySelectorAll(":not(pre) > code").forEach(breakable));
  };

  /** Give how much of the window a header covers, in pixels. */
  const covered = () => {
    const fixed = [...document.querySelectorAll("header, nav")].filter((e) => /^(fixed|sticky)$/.test(getComputedStyle(e).position));
    const tops = fixed.map((e) => e.getBoundingClientRect()).filter((box) => box.top <= 0 && box.width > window.innerWidth / 2);
    return Math.max(0, ...tops.map((box) => box.bottom));
  };

  const choice = (label, id, versions, chosen) => {
    const options = versions.map((release) =>
      make("option", { value: release.version, selected: release.version === chosen },
        release.version + (release.date ? ` (${release.date})` : "")),
    );
    return make("div", {}, make("label", { for: id }, label), make("select", { id, name: id.replace("migdocs-", "") }, options));
  };

  const picker = async (place) => {
    if (place.firstChild) return;
    await load("data/upgrade.js");
    if (place.firstChild) return;
    const versions = data.releases.filter((release) => release.status !== "planned").reverse();
    if (versions.length < 2) return;
    const [newest = versions[0], before = versions.at(-1)] = versions.filter((release) => release.status === "released");
    const result = make("div", { class: "migdocs-result", tabindex: "-1", role: "region", "aria-label": "The guide" });
    const live = make("p", { class: "migdocs-live", "aria-live": "polite" });
    const form = make("form", { class: "migdocs-form" },
      make("fieldset", {},
        make("legend", {}, "From any version to any other"),
        choice("From", "migdocs-from", versions, before.version),
        choice("To", "migdocs-to", versions, newest.version),
        make("button", { type: "submit" }, "Show the guide"),
      ));
    place.append(form, live, result);

    const chosen = () => [form.elements.from.value, form.elements.to.value];
    let asked = 0;
    const show = async (from, to, focus) => {
      const turn = (asked += 1);
      const found = await compose(from, to);
      if (turn !== asked) return;
      // What was ticked is looked up when the first box is drawn: the verdict does not wait for it.
      let kept = null;
      const ticks = () => (kept = kept || remembered(found));
      const title = make("h2", { id: "migdocs-title" }, titleOf(found));
      title.style.scrollMarginTop = `${covered() + 8}px`;
      delete result.dataset.whole;
      result.replaceChildren(title);
      const [first, ...rest] = page(found, ticks);
      append(result, first());
      live.textContent = found.allowed
        ? `${found.from} to ${found.to}: ${count(found.migrations, "migration")}, ${count(forUsers(found), "breaking change")}.`
        : `${found.from} to ${found.to}: refused.`;
      if (focus) {
        result.focus({ preventScroll: true });
        title.scrollIntoView({ block: "start" });
      }
      for (const part of rest) {
        await new Promise((resolve) => setTimeout(resolve));
        if (turn !== asked) return;
        append(result, part());
      }
      if (kept && kept.changed) title.after(make("p", { class: "migdocs-changed", role: "alert" }, "What this page says has changed since you ticked it: every box is open again."));
      append(result, make("p", { class: "migdocs-tools" },
        make("button", { type: "button", click: () => window.print() }, "Print"),
        make("button", { type: "button", click: (event) => copied(location.href, event.currentTarget) }, "Copy the link to this guide")));
      result.dataset.whole = "";
    };

    const fromAddress = (focus) => {
      const query = new URLSearchParams(location.search);
      // Whoever types an address types "+" as it is, which means a space there.
      const givenAs = (name) => {
        const given = query.get(name) || "";
        const plus = given.replaceAll(" ", "+");
        return !find(given) && find(plus) ? plus : given;
      };
      const [from, to] = [givenAs("from"), givenAs("to")];
      if (!query.has("from") && !query.has("to")) {
        asked += 1;
        result.replaceChildren();
        live.textContent = "";
        return Promise.resolve();
      }
      for (const [select, name] of [[form.elements.from, from], [form.elements.to, to]]) {
        const release = find(name);
        if (release && versions.includes(release)) select.value = release.version;
      }
      return show(from, to, focus);
    };

    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const [from, to] = chosen();
      const address = new URL(location.href);
      address.search = new URLSearchParams({ from, to });
      address.hash = "";
      try {
        history.pushState(null, "", address);
      } catch {
        // Some browsers keep a file's address as it is: the guide is shown all the same.
      }
      show(from, to, true);
    });
    window.addEventListener("popstate", () => fromAddress(true));
    await fromAddress(false);
  };

  // --- what has run here: a list that its owner pastes ------------------------------------------

  // A tracking table's columns, the most telling first; the rows of the others say whether it ran.
  const NAMES = ["script", "filename", "migration_name", "migration", "name", "version", "version_id", "id", "tag"];
  const YES = /^(t|true|1|yes)$/i;
  const UNDONE = {
    success: (cell) => !YES.test(cell),
    is_applied: (cell) => !YES.test(cell),
    dirty: (cell) => YES.test(cell),
    rolled_back_at: (cell) => /\d/.test(cell),
  };

  /** Give the cells of what a database client prints: `a | b`, tabs or commas; no rulers, no counts. */
  const cellsOf = (text) =>
    text
      .split(/\r?\n/)
      .filter((line) => /[^-+|=\s]/.test(line) && !/^\s*\(\d+ rows?\)\s*$/.test(line))
      .map((line) => line.trim().replace(/^\||\|$/g, "").split(/[|\t,]/).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1")));

  /** Read names of migrations from JSON, from a tracking table, or one a line. */
  const listed = (text) => {
    try {
      const whole = JSON.parse(text);
      const items = Array.isArray(whole) ? whole : whole.applied;
      return { names: items.map((item) => String(item.migration ?? item.version ?? item.name ?? item)), upTo: false };
    } catch {
      // Not JSON: lines.
    }
    const rows = cellsOf(text);
    const head = (rows[0] || []).map((cell) => cell.toLowerCase());
    const column = NAMES.map((name) => head.indexOf(name)).find((place) => place >= 0);
    if (column === undefined) return { names: rows.map((row) => row[0]), upTo: false };
    const ran = new Set();
    for (const row of rows.slice(1)) {
      const undone = head.some((name, place) => UNDONE[name] && UNDONE[name](row[place] || ""));
      if (undone) ran.delete(row[column]);
      else if (row[column]) ran.add(row[column]);
    }
    // golang-migrate keeps one row: the last that ran.
    return { names: [...ran], upTo: head.includes("dirty") && rows.length === 2 };
  };

  const stemOf = (name) => name.replace(/^.*[\\/]/, "").replace(/(\.up|\.do|\.forward)?\.\w+$/, "");
  const leading = (name) => (/^[vV]?(\d+(?:[._]\d+)*)/.exec(name) || ["", ""])[1].replace(/^0+(?=\d)/, "");

  /** Give the number of the migration that a name or a version means; -1 where it is none or unclear. */
  const meant = (name) => {
    for (const asked of [name, stemOf(name)]) {
      if (data.migrations.includes(asked)) return data.migrations.indexOf(asked);
    }
    if (!/^[vV]?[\d._]+$/.test(name)) return -1;
    const same = data.migrations.filter((id) => leading(id) === leading(name));
    return same.length === 1 ? data.migrations.indexOf(same[0]) : -1;
  };

  /** Say what of the newest release has not run in a database that has run these. */
  const sinceThen = (text) => {
    const { names, upTo } = listed(text);
    const known = names.filter(Boolean).map((name) => [name, meant(name)]);
    const strange = known.filter(([name, number]) => number < 0 && !/^0+$/.test(name)).map(([name]) => name);
    let ran = new Set(known.map(([, number]) => number).filter((number) => number >= 0));
    if (upTo && ran.size) ran = new Set(data.migrations.map((_, number) => number).filter((number) => number <= Math.max(...ran)));
    const released = data.releases.filter((release) => release.status === "released");
    const newest = released.at(-1);
    if (!ran.size || !newest) {
      return [make("p", { class: "migdocs-refused" }, "None of these is a migration of this project. Paste one id a line, the output of ", code("migdocs status --json"), ", or the tracking table with its column names.")];
    }
    const whole = released.filter((release) => shipped(release).size && [...shipped(release)].every((number) => ran.has(number))).at(-1);
    const missing = ascending(without(shipped(newest), ran));
    const home = (number) => (released.find((release) => shipped(release).has(number)) || newest).version;
    return [
      make("p", {}, make("strong", {}, missing.length
        ? `${count([...ran], "migration")} applied, ${missing.length} of ${newest.version} not.`
        : `Everything of ${newest.version} is applied.`),
        whole ? ` All of ${whole.version} has run.` : " No release has run whole."),
      missing.length ? foldedList(missing.map((number) => [migration(data.migrations[number]), `, since ${home(number)}`])) : null,
      missing.length && whole ? make("p", {}, make("a", { href: `?${new URLSearchParams({ from: whole.version, to: newest.version })}` }, `Upgrade ${whole.version} to ${newest.version}`)) : null,
      strange.length ? [make("p", {}, "Not migrations of this project, or not clear which:"), foldedList(strange.map(code))] : null,
    ];
  };

  const since = async (place) => {
    if (place.firstChild) return;
    await load("data/upgrade.js");
    if (place.firstChild || !data.releases.some((release) => release.status === "released")) return;
    const area = make("textarea", { id: "migdocs-ran", rows: "6", spellcheck: "false", autocomplete: "off" });
    const result = make("div", { class: "migdocs-live", "aria-live": "polite" });
    const look = () => {
      result.replaceChildren();
      if (area.value.trim()) append(result, sinceThen(area.value));
    };
    place.append(make("details", {},
      make("summary", {}, "Which migrations has my database not run?"),
      data.runner.query ? [make("p", {}, "Ask it:"), block(data.runner.query)] : null,
      make("label", { for: "migdocs-ran" }, "Paste what it has applied: one id a line, the tracking table with its column names, or the output of ", code("migdocs status --json"), ". It stays in this page."),
      area, result));
    area.addEventListener("input", look);
  };

  // --- filters and tables -----------------------------------------------------------------------

  /** Give what a filter shows and hides, each with the heading that goes when all below it went. */
  const filtered = (place) => {
    if (place.dataset.what !== "changes") {
      return [...place.parentElement.querySelectorAll("tbody tr")].map((row) => ({ elements: [row], release: null }));
    }
    const parts = [];
    let release = null;
    let part = null;
    for (const element of place.parentElement.children) {
      if (/^H[12]$/.test(element.tagName)) [release, part] = [element, null];
      else if (element.tagName === "H3") parts.push((part = { elements: [element], release }));
      else if (part) part.elements.push(element);
    }
    return parts;
  };

  const filter = (place) => {
    if (place.firstChild) return;
    const parts = filtered(place);
    if (parts.length < 2) return;
    const input = make("input", { type: "search", id: "migdocs-filter", autocomplete: "off" });
    const live = make("p", { class: "migdocs-live", "aria-live": "polite" });
    place.append(make("label", { for: "migdocs-filter" }, `Filter these ${place.dataset.what}`), input, live);
    const texts = parts.map(({ elements }) => elements.map((e) => e.textContent).join(" ").toLowerCase());
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      const shown = parts.filter((part, index) => words.every((word) => texts[index].includes(word)));
      const releases = new Set(shown.map((part) => part.release));
      for (const part of parts) {
        part.elements.forEach((element) => (element.hidden = !shown.includes(part)));
        if (part.release) part.release.hidden = !releases.has(part.release);
      }
      live.textContent = words.length ? `${shown.length} of ${parts.length} ${place.dataset.what}` : "";
    });
  };

  /** Let the reader of a page that was written beforehand tell its steps' times for other tables. */
  const sized = () => {
    const places = [...document.querySelectorAll("article li [data-migdocs-times], [role=main] li [data-migdocs-times]")]
      .filter((place) => /\/[1-9]/.test(place.dataset.migdocsTimes) && !place.closest("[data-migdocs=upgrade]"));
    if (!places.length || document.querySelector("#migdocs-rows")) return;
    const times = places.map((place) => place.dataset.migdocsTimes).join(" ");
    places[0].closest("ol").before(askSize(times, (rows) => `What was measured: ${lasting(scaled(times, rows))} on your size.`));
  };

  /** Let a wide drawing be made smaller and larger, by buttons that a keyboard reaches. */
  const zoom = (place) => {
    const image = document.querySelector("p > a > img[src$='.svg'], p > img[src$='.svg']");
    if (place.firstChild || !image) return;
    const size = (factor) => () => {
      const width = factor ? image.getBoundingClientRect().width * factor : image.closest("p").clientWidth;
      image.style.width = `${Math.max(200, Math.round(width))}px`;
      image.style.maxWidth = "none";
      scrollable();
    };
    const button = (name, factor) => make("button", { type: "button", click: size(factor) }, name);
    place.append(make("p", { class: "migdocs-tools" }, button("Smaller", 0.7), button("Larger", 1.4), button("Fit the page", 0)));
  };

  /** Let each cell name its column: on a phone a row becomes a card. */
  const labelled = (table) => {
    const names = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent.replace("↓ to →", "").trim());
    if (names.filter(Boolean).length < 3) return;
    table.dataset.migdocsCards = "";
    for (const row of table.querySelectorAll("tbody tr")) {
      [...row.cells].forEach((cell, index) => {
        cell.dataset.label = names[index] || "";
        if (/^-?$/.test(cell.textContent.trim())) cell.dataset.migdocsNone = "";
      });
    }
  };

  /** Let whoever has no mouse scroll what is wider than its frame. */
  const scrollable = () => {
    for (const place of document.querySelectorAll(".md-typeset__scrollwrap, .md-typeset pre:not([tabindex]) > code, p:has(> img), p:has(> a > img)")) {
      if (place.scrollWidth <= place.clientWidth || place.hasAttribute("tabindex")) continue;
      place.tabIndex = 0;
      place.setAttribute("role", "region");
      const heading = [...document.querySelectorAll("article :is(h1, h2, h3)")].filter((h) => h.compareDocumentPosition(place) & 4).at(-1);
      const kind = place.querySelector("img") ? "Drawing" : place.querySelector("table") ? "Table" : "Code";
      const about = kind === "Code" ? place.textContent.trim().split("\n")[0].slice(0, 60) : heading ? heading.firstChild.textContent : "";
      place.setAttribute("aria-label", `${kind}: ${about}`);
    }
    document.body.dataset.migdocsScrolls = ""; // whoever examines the page can wait for it
  };

  /** Let links to folders lead to their pages where no server does so: a site opened as files. */
  const withPages = () => {
    for (const link of document.querySelectorAll("a[href]")) {
      const address = new URL(link.href);
      if (address.protocol !== "file:" || !address.pathname.endsWith("/")) continue;
      address.pathname += "index.html";
      link.href = address.href;
    }
  };

  const init = () => {
    if (location.protocol === "file:") withPages();
    if (!document.querySelector("[data-migdocs]")) return;
    document.querySelectorAll("table").forEach(labelled);
    document.querySelectorAll(":not(pre) > code, h1").forEach(breakable);
    document.querySelectorAll("[data-migdocs=filter]").forEach(filter);
    document.querySelectorAll("[data-migdocs=zoom]").forEach(zoom);
    sized();
    setTimeout(scrollable, 200); // the theme frames tables first
    document.querySelectorAll("[data-migdocs=since]").forEach((place) => since(place).catch(() => {})); // the picker says why
    document.querySelectorAll("[data-migdocs=upgrade]").forEach((place) => {
      picker(place).catch((error) => {
        place.append(make("p", { class: "migdocs-refused", role: "alert" }, `The guide cannot be shown here: ${error.message}. The table below, or 'migdocs upgrade FROM TO', has it.`));
      });
    });
  };

  // Paper cannot be clicked: what is folded is opened for it.
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll(".migdocs-result details:not([open])").forEach((details) => {
      details.open = true;
      window.addEventListener("afterprint", () => (details.open = false), { once: true });
    });
  });

  // Material replaces pages without loading them anew, and says so here; `init` may run twice.
  // Opened as a file, with instant navigation, it never says so for the first page.
  if (window.document$) window.document$.subscribe(init);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", init);
  else init();
})();
