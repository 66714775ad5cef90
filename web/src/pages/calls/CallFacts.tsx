// SPDX-License-Identifier: Apache-2.0
import { Anchor, Badge, Code } from "@mantine/core";
import { Link } from "@tanstack/react-router";

import type { CallExplanation } from "../../api/types";
import { format_count } from "../../format/count";
import { format_absolute, format_duration_ms } from "../../format/time";
import { Facts } from "../../parts/Facts";
import { Section } from "../../parts/Section";
import { read_view } from "../usage/usage_view";

// Who made it, what was asked for, and what answered.
export function CallFacts({ explained }: { explained: CallExplanation }) {
  const { call, provider_id, tier, upstream_model } = explained;
  return (
    <Section title="The call">
      <Facts
        facts={[
          { label: "Let in", value: format_absolute(call.at_unix_ms) },
          { label: "Took", value: format_duration_ms(call.duration_ms) },
          { label: "Key", value: <KeyLink id={call.key_id} name={call.key_name} /> },
          { label: "Endpoint", value: <Code>{call.endpoint}</Code> },
          { label: "Model asked for", value: call.model || "none" },
          { label: "Model that answered", value: call.served_model || "not said" },
          { label: "Called upstream", value: upstream_model || "none" },
          { label: "Provider", value: provider_id || "none" },
          { label: "Tier", value: tier ?? "standard" },
          { label: "Tokens", value: tokens_of(call.input_tokens, call.output_tokens) },
          { label: "Outcome", value: call.outcome.replaceAll("_", " ") },
          { label: "Answer", value: <Status status={call.http_status} /> },
        ]}
      />
    </Section>
  );
}

function tokens_of(input: number, output: number): string {
  return `${format_count(input)} in, ${format_count(output)} out`;
}

function KeyLink({ id, name }: { id: string; name: string }) {
  const search = read_view({ key_id: id, by: "model" });
  return (
    <Anchor inherit renderRoot={(props) => <Link to="/usage" search={search} {...props} />}>
      {name || id}
    </Anchor>
  );
}

function Status({ status }: { status: number }) {
  return status === 0 ? <>none was sent</> : <Badge variant="light">{status}</Badge>;
}
