// One look for all figures, light or dark as the reader has it.
const SHAPES = {
  circle: "M8 3a5 5 0 1 0 .01 0z", square: "M3 3h10v10H3z", "triangle-up": "M8 2l6 11H2z", diamond: "M8 1l7 7-7 7-7-7z", "triangle-down": "M8 14L2 3h12z",
  cross: "M6 2h4v4h4v4h-4v4H6v-4H2V6h4z", x: "M4 2l4 4 4-4 2 2-4 4 4 4-2 2-4-4-4 4-2-2 4-4-4-4z", "triangle-left": "M2 8l11-6v12z", "triangle-right": "M14 8L3 2v12z", pentagon: "M8 2l6 4-2 8H4L2 6z",
};
const SYMBOLS = Object.keys(SHAPES);
const DASHES = ["solid", "dot", "dash", "dashdot", "longdash"];
const LENGTH_COLOURS = ["#3f6fd8", "#2a93d5", "#0097a7", "#00897b", "#7cb342", "#c0a000", "#ef8a17", "#d84315", "#ad1457", "#6a1b9a", "#795548", "#607d8b"];
const PURPOSE_COLOURS = { answers: "#0072B2", forks: "#56B4E9", retries: "#D55E00", scoring: "#009E73" };

const shade = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
// Plotly reads labels as markup of its own.
const plain = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const faded = (colour, opacity) => `rgba(${[1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)).join(",")},${opacity})`;
const briefly = (text) => { const most = narrow() ? 18 : 44; return text.length > most ? `${text.slice(0, most / 2)}…${text.slice(1 - most / 2)}` : text; };
// A sheet of A4 or Letter between its margins, whatever the screen.
const SHEET_PX = { width: 680, lowest: 280, highest: 800 };
const isPrinting = () => document.documentElement.classList.contains("printing");
const room = () => (isPrinting() ? SHEET_PX.width : Math.min(window.innerWidth, 1180));
const narrow = () => room() < 600;

const LEGEND_PX = { column: 360, row: 20 };
const legendHeight = (traces) => LEGEND_PX.row * Math.ceil(traces.filter((trace) => trace.name && trace.showlegend !== false).length / Math.max(1, Math.floor(room() / LEGEND_PX.column)));

// The height is that of the plot alone; `below` is added to it, whatever the plot is scaled to.
function layoutOf({ x, y, height = 460, below = 0, ...more }) {
  const axis = (own) => ({
    gridcolor: shade("grid"), linecolor: shade("rule"), zeroline: false, showline: true, ticks: "outside", tickcolor: shade("rule"), automargin: true, fixedrange: true, ...own,
    title: { text: own.title, standoff: 8 },
  });
  return {
    ...(isPrinting() ? { width: SHEET_PX.width, height: below + Math.max(SHEET_PX.lowest, Math.min(0.7 * height, SHEET_PX.highest)) } : { autosize: true, height: below + (narrow() ? Math.min(height, 400) : height) }), margin: { l: 10, r: 12, t: 12, b: 10 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: "system-ui, sans-serif", size: narrow() ? 12 : 13, color: shade("ink") }, hoverlabel: { bgcolor: shade("raised"), bordercolor: shade("rule"), font: { color: shade("ink") }, align: "left" },
    showlegend: false, dragmode: false, hovermode: "closest", xaxis: axis(x), yaxis: axis(y), ...more,
  };
}

function budgetAxis(kind, units, amounts, [low, high]) {
  const step = Math.ceil(amounts.length / Math.max(3, Math.floor(room() / 75)));
  const ticks = amounts.filter((_, place) => (amounts.length - 1 - place) % step === 0);
  return { title: kind === "cost_ratio" ? "Share of the human cost" : `Budget (${units[kind] ?? kind})`, type: "log", range: [Math.log10(low), Math.log10(high)], tickvals: ticks, ticktext: ticks.map((each) => budgetText(kind, each)) };
}

function minutesAxis([low, high]) {
  const ticks = high / low < 400 ? [...TIME_TICKS, ...FINE_TICKS] : TIME_TICKS;
  const inside = ticks.filter(([minutes]) => low <= minutes && minutes <= high);
  return { title: "Human time of the task", type: "log", range: [Math.log10(low), Math.log10(high)], tickvals: inside.map(([minutes]) => minutes), ticktext: inside.map(([, text]) => text) };
}

function swatch(configuration) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true" })) svg.setAttribute(key, value);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[configuration.symbol]);
  path.setAttribute("fill", configuration.colour);
  svg.append(path);
  return svg;
}
