/** What `/metrics` shows: rendered elsewhere, so that the API knows no metrics library. The roots wire it. */
import { Context, type Effect } from "effect"

export type Format = "prometheus" | "openmetrics"

export class MetricsPage extends Context.Service<
  MetricsPage,
  { readonly render: (format: Format) => Effect.Effect<{ readonly contentType: string; readonly body: string }> }
>()("jaego/adapters/http/MetricsPage") {}
