/**
 * The table of routes: which path is which route, and what may be done there.
 *
 * Why it exists: the router says only "not found"; this tells a wrong method (405, with `Allow`) from a wrong path
 * (404), and gives metrics a template that names no ids.
 */
import { HttpApi } from "effect/http-api"
import type { Class } from "../../ports/probe.ts"
import { api } from "./api.ts"
import { IMPORTS } from "./imports-api.ts"
import { STOCK_STREAM, VIEWS } from "./products-api.ts"

export interface PathItem {
  /** `/v1/orders/{id}` */
  readonly template: string
  readonly methods: ReadonlySet<string>
  /** Those of `methods` that take no query, and refuse one. */
  readonly queryless: ReadonlySet<string>
  /** For the `Allow` header. */
  readonly allow: string
  /** Of the API, whose clients are counted: probes and pages are not. */
  readonly isLimited: boolean
  /** How important it is to POST there (or PATCH), and to GET; null: never refused for overload. */
  readonly classes: { readonly post: Class; readonly get: Class } | null
  /** Its body is a stream of rows, and not JSON. */
  readonly takesRows: boolean
  /** For operators: only peers on this machine are answered. */
  readonly isLocal: boolean
  /** Nothing of the shop is there: a page of any origin may lead there. */
  readonly isForEveryone: boolean
}

/** What is known of a path before the tree is built. */
interface Entry {
  readonly methods: Set<string>
  readonly queryless: Set<string>
}

interface Node {
  readonly fixed: Map<string, Node>
  any: Node | null
  route: PathItem | null
}

/** What is no part of the API: what it is, and what its problems mean. */
const PAGES = ["/openapi.json", "/docs", "/problems", "/problems/{code}"]

/** For people on the machine itself. */
const CONSOLE = "/console"

const LISTS = ["/v1/orders", "/v1/products", "/v1/products/{id}/stock/movements", `${IMPORTS}/{id}/rows`]

/** Its answer takes as long as its reader. */
const isLong = (template: string): boolean => template === STOCK_STREAM || template.startsWith("/v1/exports/")

const classesOf = (template: string): PathItem["classes"] => {
  if (template.startsWith("/v1/admin/")) return { post: "admin", get: "admin" }
  // A stream would be in flight for as long as it is open: there is another bound on those.
  if (!template.startsWith("/v1/") || isLong(template)) return null
  // Numbers for the curious are the first to go, and files can wait.
  if (template === VIEWS || template === IMPORTS) return { post: "list", get: "list" }
  return { post: template === "/v1/orders" ? "place" : "pay", get: LISTS.includes(template) ? "list" : "read" }
}

const node = (): Node => ({ fixed: new Map(), any: null, route: null })

const put = (root: Node, template: string, { methods, queryless }: Entry): void => {
  let at = root
  for (const segment of template.slice(1).split("/")) {
    let next = segment.startsWith("{") ? at.any : (at.fixed.get(segment) ?? null)
    if (next === null) {
      next = node()
      if (segment.startsWith("{")) at.any = next
      else at.fixed.set(segment, next)
    }
    at = next
  }
  const isForEveryone = PAGES.includes(template)
  const isLocal = template.startsWith("/v1/admin/") || template === CONSOLE
  const isLimited = template.startsWith("/v1/") && !isLocal
  at.route = {
    template,
    methods,
    queryless,
    allow: [...methods].join(", "),
    isLimited,
    classes: classesOf(template),
    takesRows: template === IMPORTS,
    isLocal,
    isForEveryone,
  }
}

/** A GET route answers HEAD as well, unless its answer has no end. */
const methodsOf = (method: string, template: string): ReadonlyArray<string> =>
  method === "GET" && template !== STOCK_STREAM ? ["GET", "HEAD"] : [method]

const table = (): Node => {
  const entries = new Map<string, Entry>(
    [...PAGES, CONSOLE].map((page) => [page, { methods: new Set(methodsOf("GET", page)), queryless: new Set() }]),
  )
  HttpApi.reflect(api, {
    onGroup: () => undefined,
    onEndpoint: ({ endpoint }) => {
      const template = endpoint.path.replace(/:(\w+)/g, "{$1}")
      const entry = entries.get(template) ?? { methods: new Set(), queryless: new Set() }
      for (const method of methodsOf(endpoint.method, template)) {
        entry.methods.add(method)
        // Scrapers and probes may add query parameters as they like, against caches for instance.
        if (template.startsWith("/v1/") && endpoint.query === undefined) entry.queryless.add(method)
      }
      entries.set(template, entry)
    },
  })
  const root = node()
  for (const [template, entry] of entries) put(root, template, entry)
  return root
}

const root = table()

/** The route of a request target, or null. Its query is ignored. */
export const find = (target: string): PathItem | null => {
  const end = target.indexOf("?")
  let at: Node | null = root
  for (const segment of target.slice(1, end === -1 ? undefined : end).split("/")) {
    if (segment === "") return null
    at = at.fixed.get(segment) ?? at.any
    if (at === null) return null
  }
  return at.route
}
