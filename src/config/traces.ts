/**
 * Which traces are kept, and the collector they are sent to, by the variables of the OpenTelemetry specification. One difference:
 * without an endpoint there are no traces, where the specification would look for a collector on this machine.
 */
import type { Sampling } from "../adapters/http/tracing.ts"
import type * as Exporter from "../adapters/otlp/exporter.ts"
import { ConfigProblem, type Env, integer, oneOf, secret, text } from "./knob.ts"

export interface Traces {
  /** Null: none are kept. */
  readonly sampling: Sampling | null
  readonly exporter: Exporter.Options | null
}

export const read = (env: Env): Traces => {
  const sampling = samplingOf(env)
  const service = serviceOf(env)
  const url = endpoint(env)
  const isDisabled = text(env, "OTEL_SDK_DISABLED")?.toLowerCase() === "true"
  const isUnsent = oneOf(env, "OTEL_TRACES_EXPORTER", ["otlp", "none"]) === "none"
  const exporter = {
    headers: pairs(ofTraces(secret, env, "OTEL_EXPORTER_OTLP_HEADERS"), "OTEL_EXPORTER_OTLP_HEADERS"),
    protocol: oneOf(env, nameOf(env, "OTEL_EXPORTER_OTLP_PROTOCOL"), ["http/protobuf", "http/json"]),
    compression: oneOf(env, nameOf(env, "OTEL_EXPORTER_OTLP_COMPRESSION"), ["none", "gzip"]),
    timeoutMs: integer(env, nameOf(env, "OTEL_EXPORTER_OTLP_TIMEOUT"), { fallback: 10_000, min: 1, max: 600_000 }),
    queueMax: integer(env, "OTEL_BSP_MAX_QUEUE_SIZE", { fallback: 2_048, min: 1, max: 1_000_000 }),
    batchMax: integer(env, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", { fallback: 512, min: 1, max: 100_000 }),
    delayMs: integer(env, "OTEL_BSP_SCHEDULE_DELAY", { fallback: 5_000, min: 1, max: 600_000 }),
    ...service,
  } as const
  return url === null || isDisabled || isUnsent
    ? { sampling: null, exporter: null }
    : { sampling, exporter: { ...exporter, url } }
}

/** The variable for traces alone, where it is set. */
const nameOf = (env: Env, name: string): string => {
  const own = name.replace("_OTLP_", "_OTLP_TRACES_")
  return text(env, own) === null ? name : own
}

const ofTraces = (read: (env: Env, name: string) => string | null, env: Env, name: string): string | null =>
  read(env, name.replace("_OTLP_", "_OTLP_TRACES_")) ?? read(env, name)

/** Null: none is set. That for traces is taken as it stands. */
const endpoint = (env: Env): string | null => {
  const own = text(env, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
  const common = text(env, "OTEL_EXPORTER_OTLP_ENDPOINT")
  const given = own ?? (common === null ? null : `${common.replace(/\/+$/, "")}/v1/traces`)
  // Not quoted: it may hold a password.
  if (given !== null && !/^https?:$/.test(URL.parse(given)?.protocol ?? ""))
    throw new ConfigProblem({ message: "OTEL_EXPORTER_OTLP_ENDPOINT must be a URL of HTTP: http://collector:4318" })
  return given
}

/** `name=value`, separated by commas, as in W3C Baggage: values are percent-encoded. Not quoted: they may be secrets. */
const pairs = (given: string | null, name: string): Readonly<Record<string, string>> => {
  const entries = (given ?? "").split(",").flatMap((each) => {
    if (each.trim() === "") return []
    const [, key, value] = /^\s*([^=\s]+)\s*=\s*(.*?)\s*$/.exec(each) ?? []
    try {
      if (key !== undefined) return [[key, decodeURIComponent(value!)] as const]
    } catch {}
    throw new ConfigProblem({ message: `${name} must be name=value, separated by commas, values percent-encoded` })
  })
  return Object.fromEntries(entries)
}

const serviceOf = (env: Env): Pick<Exporter.Options, "service" | "attributes"> => {
  const name = "OTEL_RESOURCE_ATTRIBUTES"
  const { "service.name": named, ...attributes } = pairs(text(env, name), name)
  return { service: text(env, "OTEL_SERVICE_NAME") ?? named ?? "jaego", attributes }
}

const SAMPLERS = [
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
  "always_on",
  "always_off",
  "traceidratio",
] as const

const samplingOf = (env: Env): Sampling => {
  const sampler = oneOf(env, "OTEL_TRACES_SAMPLER", SAMPLERS)
  const share = text(env, "OTEL_TRACES_SAMPLER_ARG") ?? "1"
  const ratio = sampler.endsWith("_on") ? 1 : sampler.endsWith("_off") ? 0 : ratioOf(share)
  return { isParentBased: sampler.startsWith("parentbased_"), ratio }
}

const ratioOf = (given: string): number => {
  const ratio = Number(given)
  if (/^(\d*\.\d+|\d+)$/.test(given) && ratio <= 1) return ratio
  throw new ConfigProblem({
    message: `OTEL_TRACES_SAMPLER_ARG must be a share from 0 to 1, not ${JSON.stringify(given)}`,
  })
}
