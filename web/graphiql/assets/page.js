// Starts GraphiQL against /graphql: queries and mutations over HTTP, subscriptions over a WebSocket on the same path,
// both with the Authorization of the headers pane.
"use strict";

const ENDPOINT = "/graphql";
const TABS_KEY = "graphiql:tabState";

// A link may carry a token: /graphiql#token=… (a fragment is neither sent to a server nor logged by one).
// It replaces the Authorization of every open tab, and then leaves the address bar.
function takeTokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

// GraphiQL remembers its tabs, but forgets the headers of the active one when it starts and then opens a tab without
// them; so they are put where it looks for them.
function restoreTabs(token) {
  const stored = JSON.parse(localStorage.getItem(TABS_KEY) || "null");
  if (!stored) return;
  if (token) for (const tab of stored.tabs) tab.headers = headersPane(token, tab.headers);
  const active = stored.tabs[stored.activeTabIndex];
  for (const part of ["query", "variables", "headers"]) localStorage.setItem(`graphiql:${part}`, active?.[part] ?? "");
  localStorage.setItem(TABS_KEY, JSON.stringify(stored));
}

function headersPane(token, present) {
  let headers = {};
  try {
    headers = JSON.parse(present || "{}") || {};
  } catch {
    // What was typed there is no JSON, so nothing of it can be kept.
  }
  return JSON.stringify({ ...headers, Authorization: `Bearer ${token}` }, null, 2);
}

// The preset "Bearer " without a token is the anonymous, not bad credentials.
function withoutEmptyAuthorization(headers) {
  const isEmpty = ([name, value]) => name.toLowerCase() === "authorization" && /^(bearer|tracking)?\s*$/i.test(value);
  return Object.fromEntries(Object.entries(headers ?? {}).filter((header) => !isEmpty(header)));
}

// One lazy client per Authorization: it opens with its first subscription and closes after its last.
const sockets = new Map();

function socketFor(headers) {
  const authorization = Object.entries(headers).find(([name]) => name.toLowerCase() === "authorization")?.[1];
  const key = authorization ?? "";
  if (!sockets.has(key)) {
    const url = new URL(ENDPOINT, location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const connectionParams = authorization ? { Authorization: authorization } : {};
    sockets.set(key, graphqlWs.createClient({ url: url.href, connectionParams, retryAttempts: 3 }));
  }
  return sockets.get(key);
}

function fetcher(parameters, options) {
  const headers = withoutEmptyAuthorization(options?.headers);
  const send = GraphiQL.createFetcher({
    url: ENDPOINT,
    wsClient: socketFor(headers),
    enableIncrementalDelivery: false,
  });
  return send(parameters, { ...options, headers });
}

const token = takeTokenFromAddress();
restoreTabs(token);
addEventListener("hashchange", () => location.reload());
const presetHeaders = headersPane(token);
const operations = JSON.parse(document.getElementById("operations").textContent);

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(
    GraphiQL,
    {
      fetcher,
      defaultEditorToolsVisibility: "headers",
      defaultHeaders: presetHeaders,
      defaultTabs: operations.map((operation) => ({ ...operation, headers: presetHeaders })),
      shouldPersistHeaders: true,
      inputValueDeprecation: true,
    },
    React.createElement(GraphiQL.Logo, {}, React.createElement("span", { className: "waybill-logo" }, "Waybill")),
  ),
);
