/**
 * The table of routes: which path is which route, and what may be done there.
 *
 * Why it exists: the router says only "not found"; this tells a wrong method (405, with `Allow`) from a wrong path
 * (404), and gives metrics a template that names no ids.
 */
import { HttpApi } from "effect/http-api"
import { api } from "./api.ts"

export interface Route {
  /** `/v1/orders/{id}` */
  readonly template: string
  readonly methods: ReadonlySet<string>
  /** For the `Allow` header. */
  readonly allow: string
}

interface Node {
  readonly fixed: Map<string, Node>
  any: Node | null
  route: Route | null
}

const node = (): Node => ({ fixed: new Map(), any: null, route: null })

const put = (root: Node, template: string, methods: ReadonlySet<string>): void => {
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
  at.route = { template, methods, allow: [...methods].join(", ") }
}

const table = (): Node => {
  const methods = new Map<string, Set<string>>([
    ["/openapi.json", new Set(["GET", "HEAD"])],
    ["/docs", new Set(["GET", "HEAD"])],
  ])
  HttpApi.reflect(api, {
    onGroup: () => undefined,
    onEndpoint: ({ endpoint }) => {
      const template = endpoint.path.replace(/:(\w+)/g, "{$1}")
      const set = methods.get(template) ?? new Set()
      set.add(endpoint.method)
      if (endpoint.method === "GET") set.add("HEAD")
      methods.set(template, set)
    },
  })
  const root = node()
  for (const [template, set] of methods) put(root, template, set)
  return root
}

const root = table()

/** The route of a request target, or null. Its query is ignored. */
export const find = (target: string): Route | null => {
  const end = target.indexOf("?")
  let at: Node | null = root
  for (const segment of target.slice(1, end === -1 ? undefined : end).split("/")) {
    if (segment === "") return null
    at = at.fixed.get(segment) ?? at.any
    if (at === null) return null
  }
  return at.route
}
