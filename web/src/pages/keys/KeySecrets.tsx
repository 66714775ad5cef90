// SPDX-License-Identifier: Apache-2.0
import { Badge, Button, Code, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { end_former_secret } from "../../api/keys";
import type { ApiKeyDetail, FormerSecret } from "../../api/types";
import { keys_query } from "../../api/queries";
import { format_absolute } from "../../format/time";
import { Problem } from "../../parts/Problem";
import { TimeAgo } from "../../parts/TimeAgo";
import { useSession } from "../../shell/session";

// The present secret and those that rotations replaced, each with its own last use: so one sees
// whether every program has the new one before the old one ends.
export function KeySecrets({ api_key }: { api_key: ApiKeyDetail }) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const ending = useMutation({
    mutationFn: (secret_id: string) => end_former_secret(api_key.id, secret_id, csrf_token),
    onSuccess: () => queries.invalidateQueries(keys_query),
  });
  return (
    <Stack gap="sm">
      <div>
        <Group gap="xs">
          <Code>{api_key.redacted_value}</Code>
          <Text size="sm">
            {api_key.rotated_at === null ? (
              "since it was created"
            ) : (
              <>
                since <TimeAgo at_unix_s={api_key.rotated_at} />
              </>
            )}
          </Text>
        </Group>
        <LastUse used={api_key} />
      </div>
      {api_key.former_secrets.map((secret) => (
        <Former
          key={secret.id}
          secret={secret}
          is_ending={ending.isPending && ending.variables === secret.id}
          on_end={() => ending.mutate(secret.id)}
        />
      ))}
      <Problem error={ending.error} />
    </Stack>
  );
}

interface FormerProps {
  secret: FormerSecret;
  is_ending: boolean;
  on_end: () => void;
}

function Former({ secret, is_ending, on_end }: FormerProps) {
  const end = format_absolute(secret.ends_at * 1_000);
  return (
    <div>
      <Group gap="xs">
        <Code>{secret.redacted_value}</Code>
        <Badge variant="light" color={secret.opens ? "yellow" : "gray"}>
          {secret.opens ? "Former" : "Ended"}
        </Badge>
        {secret.opens && (
          <Button
            size="compact-xs"
            variant="light"
            color="red"
            loading={is_ending}
            onClick={on_end}
            aria-label={`End ${secret.redacted_value} now`}
          >
            End now
          </Button>
        )}
      </Group>
      <Text size="xs" c="dimmed">
        {secret.opens ? `Works until ${end}` : `Ended ${end}`}
      </Text>
      <LastUse used={secret} />
    </div>
  );
}

type Used = Pick<FormerSecret, "last_used_at" | "last_used_address" | "last_used_client">;

function LastUse({ used }: { used: Used }) {
  const { last_used_at, last_used_address, last_used_client } = used;
  if (last_used_at === null) {
    return (
      <Text size="xs" c="dimmed">
        Never used
      </Text>
    );
  }
  return (
    <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
      Last used <TimeAgo at_unix_s={last_used_at} />
      {last_used_address !== null && ` from ${last_used_address}`}
      {last_used_client !== null && `, ${last_used_client}`}
    </Text>
  );
}
