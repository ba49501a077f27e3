/** How much is asked of the API in this process, for background work that yields to it (`imports/import-pace.ts`). */
import { Context } from "effect"
import type { Happening } from "../../ports/probe.ts"

export interface Traffic {
  /** Answered so far, by all HTTP threads. */
  requests: number
}

/** None: where no requests are counted. */
export const Traffic = Context.Reference<Traffic>("jaego/app/overload/Traffic", {
  defaultValue: () => ({ requests: 0 }),
})

/** Probes, pages and those who ask after an import are no traffic. */
export const isTraffic = (happening: Happening): boolean =>
  happening._tag === "RequestAnswered" &&
  happening.route.startsWith("/v1/") &&
  !happening.route.startsWith("/v1/imports") &&
  !happening.route.startsWith("/v1/admin/")
