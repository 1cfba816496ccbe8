// Success against the mean spend of a task, a line for each pool of tries and way to read it out.
const WAYS = { majority: "solid", weighted_majority: "dash", best_of_n: "dashdot", first_submitted: "dot", coverage: "longdash" };
const POOL_COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7f7f00", "#666666"];
const LIVE_SYMBOLS = ["star", "cross", "x", "pentagon", "hexagon"];

function bestTraces(points) {
  const known = points.filter((point) => point.success_rate !== null), at = known.map((point) => point.amount);
  if (!known.length) return [];
  const level = { x: at, y: known.map((point) => 100 * point.success_rate), mode: "lines", name: "best at each spend", line: { color: "#808890", width: 5, shape: "hv" }, opacity: 0.6, hoverinfo: "skip" };
  if (known.some((point) => !point.interval)) return [level];
  const end = (side) => ({ x: at, y: known.map((point) => 100 * point.interval[side]), mode: "lines", line: { width: 0, shape: "hv" }, hoverinfo: "skip", showlegend: false });
  return [end("low"), { ...end("high"), fill: "tonexty", fillcolor: faded("#808890", 0.18) }, level];
}

function readOutTraces(own, pool, colour) {
  const single = own.find((each) => each.name === "single");
  return Object.keys(WAYS).map((way) => [way, own.filter((each) => each.name === way)]).filter(([, each]) => each.length).map(([way, each]) => {
    const line = [...(single ? [single] : []), ...each].filter((one) => one.spend !== null && one.success_rate !== null);
    return {
      x: line.map((one) => one.spend), y: line.map((one) => 100 * one.success_rate), mode: "lines+markers", name: `${pool}, ${way.replaceAll("_", " ")}${way === "coverage" ? " (told which is right)" : ""}`,
      line: { color: colour, width: 1.6, dash: WAYS[way] }, marker: { color: colour, size: 5 },
      text: line.map((one) => `<b>${plain(one.label)}</b><br>${one.k} ${one.k === 1 ? "try" : "tries"}: ${percentText(one.success_rate)} (${intervalText(one.interval, percentText)}) at ${usdText(one.spend)}`), hovertemplate: "%{text}<extra></extra>",
    };
  });
}

function strategiesFigure({ data, strategies }) {
  const { points, kind } = strategies, pools = [...new Set([...strategies.read_outs, ...strategies.live].map((each) => each.pool))];
  const colour = (pool) => POOL_COLOURS[pools.indexOf(pool) % POOL_COLOURS.length];
  const liveNames = [...new Set(strategies.live.map((each) => each.label))];
  const live = strategies.live.filter((each) => each.spend !== null && each.success_rate !== null).map((each) => ({
    x: [each.spend], y: [100 * each.success_rate], mode: "markers", name: plain(`${each.label} (run)`), showlegend: strategies.live.find((one) => one.label === each.label) === each,
    marker: { color: colour(each.pool), size: 12, symbol: LIVE_SYMBOLS[liveNames.indexOf(each.label) % LIVE_SYMBOLS.length], line: { width: 1, color: shade("ink") } },
    hovertemplate: `${plain(each.label)}${each.cap === null ? "" : ` within ${budgetText(kind, each.cap)}`}: %{y:.0f} % at ${budgetText(kind, each.spend)}<extra></extra>`,
  }));
  const traces = [...bestTraces(points), ...pools.flatMap((pool) => readOutTraces(strategies.read_outs.filter((each) => each.pool === pool), plain(pool), colour(pool))), ...live];
  const spends = [...points.map((point) => point.amount), ...strategies.read_outs.map((each) => each.spend), ...strategies.live.map((each) => each.spend)].filter((spend) => spend > 0).sort((one, other) => one - other);
  const amount = (value) => ({ text: budgetText(kind, value), value }), share = (value) => ({ text: percentText(value), value });
  const points100 = (value) => ({ text: value === null ? DASH : signedText(100 * value), value }), count = (value) => ({ text: String(value ?? DASH), value });
  const raised = [...new Set([...points, ...strategies.read_outs].flatMap((each) => each.flags))];
  return {
    traces, caption: "Success against mean spend, by strategy",
    says: `Mean spend of a task, all that a strategy needs, judges included; ${strategies.n_tasks} tasks. Grey: the best of ${strategies.n_candidates} at each spend, chosen on one half of the tasks and judged on the other, with its interval.${strategies.n_left_out ? ` ${strategies.n_left_out} with too few tries or an unknown spend are left out.` : ""}${raised.map((flag) => ` ${flag}: ${strategies.flags[flag]}.`).join("")}`,
    layout: layoutOf({
      x: spends.length ? { ...budgetAxis(kind, data.units, points.map((point) => point.amount), [spends[0] / 1.2, spends.at(-1) * 1.2]), title: "Mean spend of a task (US dollars)" } : {}, y: { title: "Tasks solved (%)", range: [-3, 103] },
      showlegend: true, legend: { orientation: "h", y: -0.25, yanchor: "top", maxheight: 1 }, height: 400, below: legendHeight(traces),
    }),
    heads: ["Spend", "Success", "Low", "High", "Over a single try (points)", "Spent", "Strategy", "Tries", "Cap of a try", "Chosen", "Flags"],
    rows: points.map((point) => [
      budgetText(kind, point.amount), share(point.success_rate), share(point.interval?.low), share(point.interval?.high), points100(point.over_single), amount(point.spend), point.label, count(point.k), amount(point.cap), share(point.agreement), point.flags.join(", ") || DASH,
    ]),
    more: {
      caption: "Every read-out", heads: ["Strategy", "Tries", "Success", "Low", "High", "Over a single try (points)", "Spend", "Of it tries", "Of it judge", "Flags"],
      rows: strategies.read_outs.map((each) => [each.label, count(each.k), share(each.success_rate), share(each.interval?.low), share(each.interval?.high), points100(each.over_single), amount(each.spend), amount(each.tries_spend), amount(each.judge_spend), each.flags.join(", ") || DASH]),
    },
  };
}
