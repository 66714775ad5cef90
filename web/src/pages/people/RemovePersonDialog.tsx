// SPDX-License-Identifier: Apache-2.0
import { Alert, Center, Loader, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";

import { remove_person } from "../../api/organization";
import { departure_query, people_query } from "../../api/organization_queries";
import type { Person } from "../../api/organization_types";
import { keys_query } from "../../api/queries";
import { Confirm } from "../../parts/Confirm";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import { losses_of } from "./departure";

interface RemovePersonDialogProps {
  person: Person;
  on_close: () => void;
}

// Shows what goes with them before it is confirmed.
export function RemovePersonDialog({ person, on_close }: RemovePersonDialogProps) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const departure = useQuery(departure_query(person.id));
  const { data } = departure;
  return (
    <Confirm
      title={`Remove ${person.name}?`}
      confirm="Remove"
      is_ready={data?.can_leave === true}
      act={async () => {
        await remove_person(person.id, csrf_token);
        await queries.invalidateQueries(people_query);
        await queries.invalidateQueries(keys_query);
      }}
      on_close={on_close}
    >
      <Problem error={departure.error} />
      {departure.isPending && <Center children={<Loader size="sm" />} />}
      {data?.obstacle && (
        <Alert color="orange" role="alert">
          They cannot be removed: {data.obstacle}.
        </Alert>
      )}
      {data?.can_leave && (
        <Stack gap="xs">
          <Text size="sm">{person.email} can no longer sign in to this organization.</Text>
          {losses_of(data).map(({ what, names }) => (
            <div key={what}>
              <Text size="sm" fw={600}>
                {what}
              </Text>
              <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                {names}
              </Text>
            </div>
          ))}
        </Stack>
      )}
    </Confirm>
  );
}
