// Keeps the tracking page fresh. The stream only says that there is something new: what is shown is always written by
// the server, so a page without this script shows the same.
"use strict";
(() => {
  const main = document.getElementById("main");
  const live = document.getElementById("live");
  const told = document.getElementById("told");
  const SILENT_FOR = 4 * 60_000; // a connection that died without a word is noticed after that
  const SHORTEST_PAUSE = 3_000;
  const LONGEST_PAUSE = 30_000;
  let cursor = main.dataset.cursor;
  let source = null;
  let failures = 0;
  let timer = 0;
  let heard = Date.now();
  let isAsking = false;
  let isStale = false;
  const written = new Map(); // what the server wrote of each part, whatever the reader has typed into it since

  const parts = (root) => [...root.querySelectorAll("[data-part]")];
  for (const part of parts(main)) written.set(part.id, part.outerHTML);

  function show(isLive) {
    live.textContent = isLive ? live.dataset.live : live.dataset.lost;
    live.classList.toggle("on", isLive);
  }

  // -- the stream ---------------------------------------------------------------------------------------------------
  function listen() {
    clearTimeout(timer);
    source?.close();
    const query = new URLSearchParams({ query: main.dataset.watch, variables: JSON.stringify({ after: cursor }) });
    const mine = (source = new EventSource(`/graphql/stream?${query}`));
    heard = Date.now();
    mine.onopen = () => {
      show(true);
      if (isStale) refresh();
      else failures = 0;
    };
    mine.addEventListener("next", (event) => {
      heard = Date.now();
      const { data, errors } = JSON.parse(event.data);
      if (data?.trackingEvents?.cursor) cursor = data.trackingEvents.cursor;
      if (errors) again();
      refresh();
    });
    mine.onerror = () => {
      if (mine !== source) return;
      show(false);
      const isRefused = mine.readyState === EventSource.CLOSED;
      again();
      // After an answer that is no stream, for example that the link's time is over, the page asks what is the matter.
      if (isRefused) refresh();
    };
  }

  // An EventSource comes back by itself, but all of them after the same pause: when a server stops, its watchers are
  // spread over seconds here. What they missed follows the cursor.
  function again() {
    source?.close();
    clearTimeout(timer);
    timer = setTimeout(listen, Math.min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** failures++) * Math.random());
  }

  // -- the page -----------------------------------------------------------------------------------------------------
  async function refresh() {
    isStale = true;
    if (isAsking) return; // what comes meanwhile is asked for at once, afterwards
    isAsking = true;
    try {
      while (isStale) {
        isStale = false;
        const response = await fetch(`/track?lang=${document.documentElement.lang}`, { cache: "no-store" });
        if (response.status === 404) return location.reload(); // the link's time is over: the page says so
        if (!response.ok) throw new Error(String(response.status));
        take(new DOMParser().parseFromString(await response.text(), "text/html").getElementById("main"));
      }
    } catch {
      isStale = true; // in a tunnel, or the server has too much to do: asked again when the stream is there again
      show(false);
      again();
    } finally {
      isAsking = false;
    }
  }

  function take(fresh) {
    if (fresh.dataset.order !== main.dataset.order) return location.reload(); // another link was opened in this browser
    const before = main.querySelector("[data-news]").textContent;
    let hasChanged = false;
    let last = null;
    const wanted = parts(fresh);
    const ids = new Set(wanted.map((part) => part.id));
    for (const part of parts(main)) {
      if (ids.has(part.id)) continue;
      part.remove();
      written.delete(part.id);
      hasChanged = true;
    }
    for (const part of wanted) {
      const html = part.outerHTML;
      const old = document.getElementById(part.id);
      if (old && written.get(part.id) === html) {
        last = old;
        continue;
      }
      written.set(part.id, html);
      hasChanged = true;
      const made = document.importNode(part, true);
      if (old) {
        keep(old, made);
        const focused = old.contains(document.activeElement) && document.activeElement.id;
        old.replaceWith(made);
        if (focused) document.getElementById(focused)?.focus();
      } else if (last) last.after(made);
      else main.prepend(made);
      made.classList.add("changed");
      last = made;
    }
    localize();
    if (!hasChanged) return;
    const news = main.querySelector("[data-news]").textContent;
    const seen = main.querySelector("#parcels .state")?.textContent;
    told.textContent = "";
    // In a turn of its own, for a text that is the same as before is not read out.
    setTimeout(() => {
      told.textContent = news === before ? [told.dataset.updated, seen].filter(Boolean).join(" ") : news;
    }, 100);
  }

  // What the reader has opened stays open, and what they have typed stays there.
  function keep(old, made) {
    for (const each of old.querySelectorAll("details[open][id]")) {
      made.querySelector(`#${CSS.escape(each.id)}`)?.setAttribute("open", "");
    }
    for (const each of old.querySelectorAll("input:not([type=hidden]), textarea")) {
      const twin = made.querySelector(`[name="${CSS.escape(each.name)}"]#${CSS.escape(each.id)}`);
      if (twin) twin.value = each.value;
    }
  }

  // Moments in the reader's own time zone.
  function localize() {
    const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
    for (const each of document.querySelectorAll("time[data-local]")) {
      each.textContent = format.format(new Date(each.dateTime));
      each.removeAttribute("data-local");
    }
  }

  // -- coming back: from sleep, from a tunnel, from the page before ------------------------------------------------
  function back() {
    if (document.visibilityState !== "visible") return;
    failures = 0;
    listen();
    refresh();
  }
  document.addEventListener("visibilitychange", back);
  addEventListener("online", back);
  addEventListener("pageshow", (event) => event.persisted && back());
  addEventListener("offline", () => show(false));
  setInterval(() => document.visibilityState === "visible" && Date.now() - heard > SILENT_FOR && back(), 30_000);

  localize();
  document.getElementById("notice")?.scrollIntoView({ block: "center" });
  listen();
})();
