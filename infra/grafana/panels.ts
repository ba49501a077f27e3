/**
 * Dashboards as code: a dashboard is rows of panels, a panel is a question and the queries that answer it. Built with Grafana's own
 * foundation SDK, so that the JSON is what Grafana reads.
 *
 * Law: every query says of which job and instances it is (`OF`), and returns something in a healthy service: what happens seldom is
 * shown as zero (`seldom`).
 */
import { BigValueGraphMode } from "@grafana/grafana-foundation-sdk/common"
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from "@grafana/grafana-foundation-sdk/dashboard"
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus"
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat"
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries"

/** Which series: those of the job and the instances that are chosen above the panels. */
export const OF = 'job="$job",instance=~"$instance"'

/** Seconds of the window over which a rate is taken: Grafana chooses it by the time that is shown. */
const WINDOW = "$__rate_interval"

/** A second. `by`: the labels that are kept, comma-separated. `where`: more of the selector. */
export const rate = (metric: string, by = "", where = ""): string =>
  `sum${by === "" ? "" : ` by (${by})`} (rate(${metric}{${OF}${where === "" ? "" : `,${where}`}}[${WINDOW}]))`

/** Of a histogram, what so large a share stays below. */
export const quantile = (share: number, metric: string, by = "", where = ""): string =>
  `histogram_quantile(${share}, ${rate(`${metric}_bucket`, by === "" ? "le" : `le,${by}`, where)})`

export const now = (metric: string, fold: "sum" | "max" | "min", by = "", where = ""): string =>
  `${fold}${by === "" ? "" : ` by (${by})`} (${metric}{${OF}${where === "" ? "" : `,${where}`}})`

/** Zero while it has never happened. */
export const seldom = (query: string): string => `${query} or vector(0)`

/** Two times and what stays below them: the middle, and all but one in a hundred. */
export const halfAndMost = (metric: string, where = ""): Panel["queries"] => [
  [quantile(0.5, metric, "", where), "p50"],
  [quantile(0.99, metric, "", where), "p99"],
]

/** Units as Grafana calls them. */
export type Unit = "reqps" | "s" | "short" | "bytes" | "percentunit" | "ops" | "none"

export interface Panel {
  readonly title: string
  /** What it shows and what is unusual about it. */
  readonly says: string
  readonly unit: Unit
  /** Each with its legend. */
  readonly queries: ReadonlyArray<readonly [query: string, legend: string]>
  /** One large number instead of lines. */
  readonly isNumber?: boolean
}

export interface Board {
  /** Of its file and its address. */
  readonly name: string
  readonly title: string
  readonly rows: ReadonlyArray<{ readonly title: string; readonly panels: ReadonlyArray<Panel> }>
}

const SOURCE = { type: "prometheus", uid: "$source" }

/** Of the 24 columns there are. */
const NUMBER = { width: 4, height: 4 }
const LINES = { width: 8, height: 8 }

const letter = (index: number): string => String.fromCharCode("A".charCodeAt(0) + index)

/** What lines and numbers have in common. */
const asking = <B extends TimeseriesBuilder | StatBuilder>(builder: B, { title, says, unit, queries }: Panel): B => {
  builder.title(title).description(says).datasource(SOURCE).unit(unit)
  for (const [index, [query, legend]] of queries.entries())
    builder.withTarget(new DataqueryBuilder().refId(letter(index)).expr(query).legendFormat(legend))
  return builder
}

const lines = (panel: Panel) =>
  asking(new TimeseriesBuilder(), panel).min(0).fillOpacity(8).height(LINES.height).span(LINES.width)

const number = (panel: Panel) =>
  asking(new StatBuilder(), panel).graphMode(BigValueGraphMode.Area).height(NUMBER.height).span(NUMBER.width)

const source = () => new DatasourceVariableBuilder("source").label("Prometheus").type("prometheus")

const variable = (name: string, label: string, query: string) =>
  new QueryVariableBuilder(name)
    .label(label)
    .query(query)
    .datasource(SOURCE)
    .refresh(VariableRefresh.OnTimeRangeChanged)

export const build = ({ name, rows, title }: Board): Dashboard => {
  const board = new DashboardBuilder(`Jaego: ${title}`)
    .uid(`jaego-${name}`)
    .tags(["jaego"])
    .refresh("10s")
    .time({ from: "now-30m", to: "now" })
    .timezone("browser")
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(source())
    .withVariable(variable("job", "job", "label_values(jaego_lanes_owned, job)"))
    .withVariable(
      variable("instance", "instance", 'label_values(jaego_lanes_owned{job="$job"}, instance)')
        .includeAll(true)
        .allValue(".*")
        .multi(true),
    )
  for (const row of rows) {
    board.withRow(new RowBuilder(row.title))
    for (const panel of row.panels) board.withPanel(panel.isNumber === true ? number(panel) : lines(panel))
  }
  return board.build()
}
