/**
 * The pages beside the API: its documentation (`/docs`, `/openapi.json`) and what each problem means (`/problems/{code}`, where the
 * `type` of a problem leads).
 *
 * They are the same until the next release, so browsers keep them, and ask again with what they have (`If-None-Match`).
 */
import { hash } from "node:crypto"
import { Effect } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { OpenApi } from "effect/http-api"
import { api } from "./api.ts"
import * as ConsolePage from "./console-page.ts"
import * as DocsPage from "./docs-page.ts"
import * as Html from "./html.ts"
import { type Code, kinds } from "./problem-kinds.ts"

/** Seconds: an upgrade is seen within the hour. */
const CACHE = "public, max-age=3600"

/** Made when it is asked for first, and kept. */
const served = (contentType: string, make: () => Html.Document) => {
  let made: { readonly body: Uint8Array; readonly headers: Readonly<Record<string, string>> } | null = null
  return Effect.map(HttpServerRequest.HttpServerRequest, (request) => {
    if (made === null) {
      const { headers, text } = make()
      const etag = `"${hash("sha256", text).slice(0, 16)}"`
      made = { body: new TextEncoder().encode(text), headers: { "cache-control": CACHE, etag, ...headers } }
    }
    const { body, headers } = made
    return request.headers["if-none-match"]?.includes(headers["etag"]!) === true
      ? HttpServerResponse.empty({ status: 304, headers })
      : HttpServerResponse.uint8Array(body, { contentType, headers })
  })
}

const page = (make: () => Html.Document) => served("text/html; charset=utf-8", make)

const problem = (code: Code) => () => {
  const [status, title, advice] = kinds[code]
  return Html.page(
    code,
    `<p><a href="/problems">Problems</a></p><h1>${Html.escaped(title)}</h1>` +
      `<p><code>${code}</code>, status ${status}</p><p>${Html.rich(advice)}</p>`,
  )
}

const codes = Object.keys(kinds) as ReadonlyArray<Code>

const problems = () => {
  const rows = codes.map((code) => {
    const [status, title] = kinds[code]
    return `<tr><td>${status}</td><td><a href="/problems/${code}"><code>${code}</code></a></td><td>${Html.escaped(title)}</td></tr>`
  })
  return Html.page("Problems", `<p><a href="/docs">Jaego</a></p><h1>Problems</h1><table>${rows.join("")}</table>`)
}

export const layer = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    yield* router.add("GET", "/docs", page(DocsPage.html))
    yield* router.add(
      "GET",
      "/openapi.json",
      served("application/json", () => ({ text: JSON.stringify(OpenApi.fromApi(api)), headers: {} })),
    )
    yield* router.add("GET", "/console", page(ConsolePage.html))
    yield* router.add("GET", "/problems", page(problems))
    for (const code of codes) yield* router.add("GET", `/problems/${code}`, page(problem(code)))
  }),
)
