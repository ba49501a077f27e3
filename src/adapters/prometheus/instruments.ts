/** The kinds of instruments that meters are made of, and the buckets that several share. prom-client's, on one registry. */
import { Counter, Gauge, Histogram, type LabelValues, type Registry } from "prom-client"

/** Seconds: from a warm read to the payment deadline and what lies behind it. */
export const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
/** Seconds: from a local SSD's fsync to a statement timeout. */
export const COMMIT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5]
/** Seconds: from an order that is paid at once to a hold that was kept for its pending charge. */
export const HOLD_SECONDS = [0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 600, 900, 3_600]
/** Decisions a batch. */
export const BATCH = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]

export const counter =
  (registry: Registry) =>
  <Label extends string = never>(name: string, help: string, labelNames: ReadonlyArray<Label> = []) =>
    new Counter<Label>({ name, help, labelNames: [...labelNames], registers: [registry] })

export const gauge =
  (registry: Registry) =>
  <Label extends string = never>(name: string, help: string, labelNames: ReadonlyArray<Label> = []) =>
    new Gauge<Label>({ name, help, labelNames: [...labelNames], registers: [registry] })

export const histogram =
  (registry: Registry) =>
  <Label extends string = never>(
    name: string,
    help: string,
    buckets: ReadonlyArray<number>,
    labelNames: ReadonlyArray<Label> = [],
  ) =>
    new Histogram<Label>({ name, help, buckets: [...buckets], labelNames: [...labelNames], registers: [registry] })

/** What prom-client does, and does not declare so: an exemplar has labels of its own. */
interface Observing<Label extends string> {
  readonly observeWithoutExemplar: (labels: LabelValues<Label>, value: number) => void
  readonly observe: (observed: {
    readonly labels: LabelValues<Label>
    readonly value: number
    readonly exemplarLabels: { readonly trace_id: string }
  }) => void
}

/**
 * With exemplars, which only OpenMetrics shows, and by which a bucket leads to a trace. prom-client takes them for a registry that
 * is nothing else, and needs not. What is in no trace costs what any histogram does.
 */
export const traced =
  (registry: Registry) =>
  <Label extends string = never>(
    name: string,
    help: string,
    buckets: ReadonlyArray<number>,
    labelNames: ReadonlyArray<Label> = [],
  ) => {
    const made = new Histogram<Label>({
      ...{ name, help, buckets: [...buckets], labelNames: [...labelNames] },
      ...{ enableExemplars: true, registers: [] },
    })
    registry.registerMetric(made)
    const observing = made as unknown as Observing<Label>
    return (labels: LabelValues<Label>, value: number, traceId: string | undefined): void => {
      if (traceId === undefined) observing.observeWithoutExemplar(labels, value)
      else observing.observe({ labels, value, exemplarLabels: { trace_id: traceId } })
    }
  }
