/** The variables of OpenTelemetry, as its specification reads them. */
import { expect, it } from "vitest"
import { ConfigProblem } from "../../src/config/knob.ts"
import * as Traces from "../../src/config/traces.ts"

const ENDPOINT = "http://127.0.0.1:4318"
const read = (env: Record<string, string> = {}) => Traces.read({ OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, ...env })
const problemOf = (env: Record<string, string>): string => {
  try {
    read(env)
  } catch (error) {
    if (error instanceof ConfigProblem) return error.message
  }
  throw new Error("it was taken")
}

it("are off without an endpoint, and whenever they say so", () => {
  const off = { sampling: null, exporter: null }
  expect(Traces.read({})).toEqual(off)
  expect(read({ OTEL_SDK_DISABLED: "TRUE" })).toEqual(off)
  expect(read({ OTEL_TRACES_EXPORTER: "none" })).toEqual(off)
  expect(read({ OTEL_SDK_DISABLED: "1" }).exporter).not.toBeNull()
})

it("name the sampler and its share", () => {
  const sampling = (sampler: string, arg?: string) =>
    read({ OTEL_TRACES_SAMPLER: sampler, ...(arg === undefined ? {} : { OTEL_TRACES_SAMPLER_ARG: arg }) }).sampling
  expect(read().sampling).toEqual({ isParentBased: true, ratio: 1 })
  expect(sampling("parentbased_traceidratio", "0.01")).toEqual({ isParentBased: true, ratio: 0.01 })
  expect(sampling("traceidratio")).toEqual({ isParentBased: false, ratio: 1 })
  expect(sampling("always_off", "0.5")).toEqual({ isParentBased: false, ratio: 0 })
  expect(problemOf({ OTEL_TRACES_SAMPLER: "jaeger_remote" })).toMatch(/^OTEL_TRACES_SAMPLER must be /)
  expect(problemOf({ OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "2" })).toMatch(/0 to 1/)
})

it("name the collector for all, or for traces alone", () => {
  expect(read().exporter).toMatchObject({ url: `${ENDPOINT}/v1/traces`, protocol: "http/protobuf", service: "jaego" })
  const own = read({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "https://traces.example/in",
    OTEL_EXPORTER_OTLP_HEADERS: "api-key=all",
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: "api-key=a%20b, x=1=2",
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json",
    OTEL_RESOURCE_ATTRIBUTES: "service.name=other,deployment.environment.name=a%2Cb",
  })
  expect(own.exporter).toMatchObject({
    url: "https://traces.example/in",
    headers: { "api-key": "a b", x: "1=2" },
    protocol: "http/json",
    service: "other",
    attributes: { "deployment.environment.name": "a,b" },
  })
  expect(read({ OTEL_SERVICE_NAME: "shop", OTEL_RESOURCE_ATTRIBUTES: "service.name=other" }).exporter?.service).toBe(
    "shop",
  )
})

it("are refused with a message that quotes nothing that may be secret", () => {
  const address = problemOf({ OTEL_EXPORTER_OTLP_ENDPOINT: "ftp://user:geheim@collector" })
  const headers = problemOf({ OTEL_EXPORTER_OTLP_HEADERS: "geheim" })
  expect(address).toMatch(/must be a URL/)
  expect(headers).toMatch(/must be name=value/)
  expect(address + headers).not.toContain("geheim")
})
