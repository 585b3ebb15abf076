// What the forecaster may ask.
export default function weather({ city }) {
  return { sky: `It rains in ${city}` };
}

weather.description = "The weather of a city";
weather.input_schema = {
  type: "object",
  properties: { city: { type: "string", description: "Its name" } },
  required: ["city"],
};
weather.output_schema = { type: "object", properties: { sky: { type: "string" } }, required: ["sky"] };
