// An integrator's program, on a client that a public generator made of the API's document (test_generated_client.py).
import { client } from "./generated/client.gen";
import * as api from "./generated/sdk.gen";

declare const process: { env: Record<string, string> };

async function main(): Promise<void> {
  client.setConfig({ baseUrl: process.env.SWITCHHOOK_URL, auth: process.env.SWITCHHOOK_TOKEN, throwOnError: true });

  const { data: services } = await api.listServices({ throwOnError: true });
  const service = services.data[0]!;
  const { data: user } = await api.createUser({
    path: { service_id: service.id }, throwOnError: true,
    body: { extension_number: "204", name: "Dora Example", enabled_calls: ["Local"] },
  });
  const { data: integration } = await api.createIntegration({
    throwOnError: true, headers: { "Idempotency-Key": "crm-1" },
    body: {
      name: "CRM", service_id: service.id, event_type: "call.inbound_answered", request_url: "http://127.0.0.1:9/hook",
      body_keys: [{ key: "caller", field: "source_number" }],
    },
  });
  const refused = await api.createUser({
    throwOnError: false, path: { service_id: service.id }, body: { extension_number: "204", name: "Twice" },
  });

  let { data: feed } = await api.followEvents({ throwOnError: true });
  await api.placeTestCall({ path: { service_id: service.id }, body: { kind: "answered" }, throwOnError: true });
  const seen: string[] = [];
  while (!seen.includes("call.inbound_answered")) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    ({ data: feed } = await api.followEvents({ query: { after: feed.next }, throwOnError: true }));
    seen.push(...feed.data.map((event) => event.type).filter((type) => type.startsWith("call.")));
  }
  const { data: deliveries } = await api.listDeliveries({
    query: { integration_id: integration.id }, throwOnError: true });

  console.log(JSON.stringify({
    service: service.name, calls: user.enabled_calls, secret: integration.signing_secret?.slice(0, 6),
    refused: refused.error?.code, where: refused.error?.errors?.[0]?.where, seen, owed: deliveries.data.length,
  }));
}

void main();
