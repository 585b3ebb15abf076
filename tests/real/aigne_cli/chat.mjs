// The published @aigne/aigne-hub models against a hub; prints what it saw as one line of JSON.
import { AIGNEHubChatModel, AIGNEHubImageModel, AIGNEHubVideoModel } from "@aigne/aigne-hub";

const options = { baseURL: process.env.HUB, apiKey: process.env.KEY, model: process.env.MODEL };
const model = new AIGNEHubChatModel(options);
const messages = [{ role: "user", content: "Say hello in one short sentence." }];
const seen = {};

if (process.argv[2] === "models") {
  seen.chat = await AIGNEHubChatModel.models();
  seen.image = await AIGNEHubImageModel.models();
  seen.video = await AIGNEHubVideoModel.models();
  console.log(JSON.stringify(seen));
  process.exit(0);
}

if (process.argv[2] === "media") {
  const picture = { type: "file", data: process.env.PICTURE, mimeType: "image/png" };
  const options = { baseURL: process.env.HUB, apiKey: process.env.KEY };
  const draw = new AIGNEHubImageModel({ ...options, model: "up/gpt-image-1" });
  const film = new AIGNEHubVideoModel({ ...options, model: "up/sora-2" });
  const refused = (error) => ({ message: error.message, type: error.type });
  seen.image = await draw.invoke({ prompt: "a cat", outputFileType: "file" });
  seen.edited = await draw.invoke({ prompt: "a hat on it", image: [picture], outputFileType: "file" });
  seen.video = await film.invoke({ prompt: "a cat", seconds: "8", size: "1280x720", outputFileType: "file" });
  seen.animated = await film.invoke({ prompt: "it purrs", image: picture, outputFileType: "file" });
  seen.moderated = await film.invoke({ prompt: "forbidden" }).catch(refused);
  seen.unknown = await film.invoke({ prompt: "a cat", model: "nowhere/sora-2" }).catch(refused);
  console.log(JSON.stringify(seen));
  process.exit(0);
}

if (process.argv[2] === "prices") {
  const options = { baseURL: process.env.HUB, apiKey: process.env.KEY };
  const draw = new AIGNEHubImageModel({ ...options, model: "up/gpt-image-1" });
  const film = new AIGNEHubVideoModel({ ...options, model: "up/sora-2" });
  seen.models = [
    ...(await AIGNEHubChatModel.models()),
    ...(await AIGNEHubImageModel.models()),
    ...(await AIGNEHubVideoModel.models()),
  ];
  seen.plain = await model.invoke({ messages });
  for await (const chunk of await model.invoke({ messages }, { streaming: true })) {
    seen.streamed = { ...seen.streamed, ...chunk.delta?.json };
  }
  seen.image = await draw.invoke({ prompt: "a cat", n: 1, outputFileType: "file" });
  seen.video = await film.invoke({ prompt: "a cat", seconds: "8", outputFileType: "file" });
  const other = new AIGNEHubChatModel({ ...options, model: "up/nothing" });
  seen.unrated = await other.invoke({ messages }).then(
    () => null,
    (error) => error.message,
  );
  console.log(JSON.stringify(seen));
  process.exit(0);
}

if (process.argv[2] === "tools") {
  const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
  const tool = { type: "function", function: { name: "weather", description: "The weather of a city", parameters } };
  const asked = { messages, tools: [tool], toolChoice: "required" };
  seen.whole = await model.invoke(asked);
  seen.streamed = {};
  for await (const chunk of await model.invoke(asked, { streaming: true })) {
    seen.streamed = { ...seen.streamed, ...chunk.delta?.json };
  }
  const broken = await model.invoke({ messages: [{ role: "user", content: "break" }] }, { streaming: true });
  seen.broken = await (async () => {
    for await (const _ of broken);
  })().catch((error) => error.message);
  console.log(JSON.stringify(seen));
  process.exit(0);
}

seen.plain = await model.invoke({ messages, modelOptions: { maxTokens: 40 } });

let text = "";
let last = {};
for await (const chunk of await model.invoke({ messages, modelOptions: { maxTokens: 40 } }, { streaming: true })) {
  text += chunk.delta?.text?.text ?? "";
  last = { ...last, ...chunk.delta?.json };
}
seen.streamed = { text, ...last };

const schema = {
  type: "object",
  properties: { city: { type: "string", maxLength: 20 }, warm: { type: "boolean" } },
  required: ["city", "warm"],
  additionalProperties: false,
};
seen.structured = await model.invoke({
  messages: [{ role: "user", content: "Name a warm city." }],
  responseFormat: { type: "json_schema", jsonSchema: { name: "place", schema, strict: true } },
  modelOptions: { maxTokens: 100 },
});

const stranger = new AIGNEHubChatModel({ ...options, apiKey: "blocklet-wrong" });
seen.refused = await stranger.invoke({ messages }).then(
  () => null,
  (error) => ({ message: error.message, type: error.type }),
);

console.log(JSON.stringify(seen));
process.exit(0);
