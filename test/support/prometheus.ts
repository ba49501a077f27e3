/** A real Prometheus (Debian's) on a folder and a port of its own, that scrapes services every second and evaluates the project's rules. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Process, ROOT, type Service, until } from "./service.ts"

export interface Series {
  readonly metric: Readonly<Record<string, string>>
  /** Seconds since 1970, and the number as text. */
  readonly value: readonly [number, string]
}

export interface Alert {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly state: "pending" | "firing"
}

const CONFIG = (targets: ReadonlyArray<string>) => `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [alerts.yml]
scrape_configs:
  - job_name: jaego
    static_configs: [{targets: [${targets.map((each) => `"${each}"`).join(", ")}]}]
`

export class Prometheus {
  readonly url: string
  readonly #child: Process
  readonly #folder: string

  private constructor(child: Process, folder: string, url: string) {
    this.#child = child
    this.#folder = folder
    this.url = url
  }

  /** `rules`: the text of the rules, changed for a test (shorter waits, say). */
  static async start(services: ReadonlyArray<Service>, rules?: string): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), "jaego-prometheus-"))
    writeFileSync(join(folder, "prometheus.yml"), CONFIG(services.map(({ url }) => new URL(url).host)))
    if (rules === undefined) copyFileSync(join(ROOT, "infra/prometheus/alerts.yml"), join(folder, "alerts.yml"))
    else writeFileSync(join(folder, "alerts.yml"), rules)
    const options = [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      "--web.listen-address=127.0.0.1:0",
    ]
    const child = new Process("prometheus", options, {})
    const address = await until(
      "Prometheus listens",
      () => /msg="Listening on" address=(\S+)/.exec(child.stderr)?.[1] ?? (child.end === null ? undefined : "none"),
    )
    if (address === "none") throw new Error(`Prometheus does not start:\n${child.stderr}`)
    return new Prometheus(child, folder, `http://${address}`)
  }

  async #ask(path: string): Promise<unknown> {
    const response = await fetch(this.url + path)
    const { data, error, status } = (await response.json()) as { data: unknown; error?: string; status: string }
    if (status !== "success") throw new Error(`${path}: ${error}`)
    return data
  }

  async query(expression: string): Promise<ReadonlyArray<Series>> {
    const { result } = (await this.#ask(`/api/v1/query?query=${encodeURIComponent(expression)}`)) as {
      readonly result: ReadonlyArray<Series>
    }
    return result
  }

  async alerts(): Promise<ReadonlyArray<Alert>> {
    return ((await this.#ask("/api/v1/alerts")) as { readonly alerts: ReadonlyArray<Alert> }).alerts
  }

  async stop(): Promise<void> {
    this.#child.signal("SIGKILL")
    await this.#child.ended
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
