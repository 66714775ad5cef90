// SPDX-License-Identifier: Apache-2.0
import { Button, FileButton, Group, Modal, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { upload_certificate } from "../../api/certificates";
import { Problem } from "../../parts/Problem";
import { useSession } from "../../shell/session";
import { problem_of_pem } from "./certificate_form";

interface CertificateFields {
  name: string;
  pem: string;
}

export function UploadCertificateDialog({ on_close }: { on_close: () => void }) {
  const { csrf_token } = useSession();
  const queries = useQueryClient();
  const form = useForm<CertificateFields>({
    initialValues: { name: "", pem: "" },
    validate: { pem: problem_of_pem },
  });
  const saving = useMutation({
    mutationFn: ({ name, pem }: CertificateFields) =>
      upload_certificate(name.trim(), pem, csrf_token),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["certificates"] });
      on_close();
    },
  });
  const read_file = async (file: File | null) => {
    if (file !== null) form.setFieldValue("pem", await file.text());
  };
  return (
    <Modal
      opened
      onClose={on_close}
      title="Upload a certificate"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <form onSubmit={form.onSubmit((fields) => saving.mutate(fields))} noValidate>
        <Stack>
          <Text size="sm">
            That of the authority which signs your clients' certificates, or one client's own. It
            does nothing until it is activated.
          </Text>
          <TextInput
            label="Name (optional)"
            autoComplete="off"
            maxLength={100}
            data-autofocus
            {...form.getInputProps("name")}
          />
          <Textarea
            label="Certificate in PEM"
            placeholder="-----BEGIN CERTIFICATE-----"
            autosize
            minRows={6}
            maxRows={12}
            spellCheck={false}
            styles={{ input: { fontFamily: "monospace" } }}
            {...form.getInputProps("pem")}
          />
          <Group>
            <FileButton accept=".pem,.crt,.cer" onChange={read_file}>
              {(props) => (
                <Button variant="default" size="compact-sm" {...props}>
                  Choose a file
                </Button>
              )}
            </FileButton>
          </Group>
          <Problem error={saving.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={on_close}>
              Cancel
            </Button>
            <Button type="submit" loading={saving.isPending}>
              Upload certificate
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
