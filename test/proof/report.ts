/**
 * The report of the proof: what `report.json` holds, and how `REPORT.md` shows it.
 *
 * A report without violations says what was tried, how often, and what was not; it does not say that there are no bugs.
 */
import type { Findings } from "../faults/campaign.ts"

type Counts = Readonly<Record<string, number>>

export interface Simulated {
  /** How many, each run twice. */
  readonly seeds: number
  readonly faults: Counts
  /** The dangerous moments that came about. */
  readonly moments: Counts
  readonly outcomes: Counts
  readonly themes: Counts
  readonly failed: ReadonlyArray<{
    readonly seed: number
    readonly violations: ReadonlyArray<string>
    /** The command that shows it again. */
    readonly replay: string
  }>
}

export interface Sabotage {
  readonly name: string
  readonly caughtBy: string
  /** The first seed that finds it; null: not caught. */
  readonly seedsNeeded: number | null
}

/** When a part was run, and of what. */
export interface Run {
  /** RFC 3339. */
  readonly began: string
  /** The commit. */
  readonly jaego: string
  readonly seconds: number
}

export interface Report {
  /** RFC 3339. */
  readonly began: string
  readonly ended: string
  readonly versions: Readonly<Record<string, string>>
  readonly machine: Readonly<Record<string, string | number>>
  /** The commit of which simulation and sabotage were run. */
  readonly simulatedOf: string
  readonly simulation: Simulated | null
  /** The same over a shop with tiny limits. */
  readonly cramped: Simulated | null
  readonly sabotage: ReadonlyArray<Sabotage>
  readonly campaigns: ReadonlyArray<Findings & Run>
  /** Parts that broke off, with what was said. */
  readonly brokenOff: ReadonlyArray<string>
  readonly notTested: ReadonlyArray<string>
  readonly violations: number
}

/** Known from the start; the campaigns add what they could not do here. */
export const NOT_TESTED: ReadonlyArray<string> = [
  "A disk or file system that says it has written and has not (a lying fsync), and bits that rot: that is PostgreSQL's and the disk's promise.",
  "A PostgreSQL that fails over to an asynchronous replica: commits that were answered may be missing there. Run synchronous replication.",
  "Clocks of two machines that differ: all processes here share one clock. The simulation makes it jump.",
  "A network between machines: everything here goes over loopback; packets are held, cut and delayed by a proxy of our own.",
  "The payment provider and the carrier of a real company: the provider here is simulated, with its lies.",
  "macOS, Windows and arm64.",
]

const plural = (count: number, what: string): string => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string | number>>): string =>
  [
    `| ${head.join(" | ")} |`,
    `| ${head.map(() => "---").join(" | ")} |`,
    ...rows.map(
      (row) => `| ${row.map((cell) => (typeof cell === "number" ? cell.toLocaleString("en") : cell)).join(" | ")} |`,
    ),
  ].join("\n")

const counts = (of: Counts, what: string): string =>
  table(
    [what, "times"],
    Object.entries(of).sort(([a], [b]) => a.localeCompare(b)),
  )

const inline = (of: Counts): string =>
  Object.entries(of)
    .map(([name, count]) => `${name}: ${count.toLocaleString("en")}`)
    .join(" · ")

const violationsOf = ({ brokenOff, campaigns, cramped, sabotage, simulation }: Report): ReadonlyArray<string> => [
  ...[...(simulation?.failed ?? []), ...(cramped?.failed ?? [])].map(
    ({ replay, seed, violations }) => `seed ${seed} (\`${replay}\`): ${violations.slice(0, 3).join(" | ")}`,
  ),
  ...sabotage.filter(({ seedsNeeded }) => seedsNeeded === null).map(({ name }) => `sabotage not caught: ${name}`),
  ...campaigns.flatMap(({ campaign, seed, violations, workers }) =>
    violations.map((each) => `${campaign}, ${workers} worker(s), seed ${seed}: ${each}`),
  ),
  ...brokenOff,
]

const simulationText = (title: string, simulation: Simulated): string => `## ${title}

${plural(simulation.seeds, "seed")}, each run twice with the same history; ${plural(simulation.failed.length, "seed")} failed.

Dangerous moments that came about:

${counts(simulation.moments, "moment")}

Faults that fired:

${counts(simulation.faults, "fault")}

What shoppers were answered: ${inline(simulation.outcomes)}

Themes: ${inline(simulation.themes)}`

const sabotageText = (sabotage: ReadonlyArray<Sabotage>): string => `## Sabotage

${sabotage.filter(({ seedsNeeded }) => seedsNeeded !== null).length} of ${sabotage.length} planted bugs were caught by the check that is named.

${table(
  ["planted bug", "caught by", "seeds needed"],
  sabotage.map(({ caughtBy, name, seedsNeeded }) => [name, caughtBy, seedsNeeded ?? "not caught"]),
)}`

const campaignText = (
  found: Report["campaigns"][number],
): string => `### ${found.campaign}, ${plural(found.workers, "worker")}

Seed ${found.seed}, ${found.began}, commit ${found.jaego}, ${Math.round(found.seconds)} s, ${plural(found.checks, "check")}, ${plural(found.violations.length, "violation")}.

${counts(found.faults, "fault")}

What callers were answered: ${inline(found.outcomes)}${found.figures === undefined ? "" : `\n\nMeasured: ${inline(found.figures)}`}`

export const markdown = (report: Report): string => {
  const violations = violationsOf(report)
  const { campaigns, cramped, machine, sabotage, simulation, versions } = report
  const replay =
    "`npm run proof` runs all of it again; `npm run simulate -- --seed N` replays one seed, event by event."
  return `${[
    "# Proof report",
    `${report.began} to ${report.ended}, on ${machine["system"]}, ${machine["cores"]} cores (${machine["processor"]}), ${machine["memoryGiB"]} GiB. ${Object.entries(
      versions,
    )
      .map(([name, version]) => `${name} ${version}`)
      .join(", ")}.`,
    `**${plural(violations.length, "violation")}.** ${replay} How to read this, and why to believe it: docs/testing.md.`,
    violations.length === 0 ? "" : violations.map((each) => `- ${each}`).join("\n"),
    simulation === null ? "" : simulationText(`Deterministic simulation (commit ${report.simulatedOf})`, simulation),
    cramped === null
      ? ""
      : simulationText("The same in a cramped shop: every limit tiny, and met all the time", cramped),
    sabotage.length === 0 ? "" : sabotageText(sabotage),
    campaigns.length === 0
      ? ""
      : `## Faults done to the real service\n\nThe real processes, on a real PostgreSQL, under load, over HTTP.`,
    ...campaigns.map(campaignText),
    `## Not tested\n\n${report.notTested.map((each) => `- ${each}`).join("\n")}`,
  ]
    .filter((part) => part !== "")
    .join("\n\n")}\n`
}

export const countViolations = (report: Omit<Report, "violations">): number =>
  violationsOf({ ...report, violations: 0 }).length
