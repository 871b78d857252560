import { Button, Group, Modal, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState, type ReactNode } from 'react';
import { Problem } from './Problem';

interface Props {
  readonly label: string;
  /** What will happen, asked before it does. */
  readonly confirm: ReactNode;
  readonly onConfirm: () => unknown;
  readonly color?: string;
  readonly disabled?: boolean;
  readonly size?: string;
  readonly icon?: ReactNode;
  /** What has to be typed first, such as the name of what will be gone. */
  readonly typed?: string;
  /** For screen readers, where the label alone is not enough: "Revoke the key reports". */
  readonly ariaLabel?: string;
}

/** A button whose act cannot be undone by another click: it asks first, and shows what went wrong. */
export function ConfirmButton(props: Props) {
  const { label, confirm, onConfirm, color = 'red', disabled, size = 'xs', icon, typed, ariaLabel } = props;
  const [isOpen, { open, close }] = useDisclosure(false);
  const [text, setText] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const act = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
      setText('');
      close();
    } catch (fault) {
      setError(fault);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button
        size={size}
        color={color}
        variant="light"
        leftSection={icon}
        disabled={disabled}
        aria-label={ariaLabel}
        onClick={(event) => {
          event.stopPropagation();
          open();
        }}
      >
        {label}
      </Button>
      <Modal opened={isOpen} onClose={close} title={label} centered>
        <Text component="div" className="wrap-anywhere">
          {confirm}
        </Text>
        {typed !== undefined && (
          <TextInput
            mt="md"
            label="Type its name to confirm"
            description={<bdi className="wrap-anywhere">{typed}</bdi>}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            data-autofocus
          />
        )}
        {error !== undefined && <Problem error={error} />}
        <Group justify="flex-end" mt="lg">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button
            color={color}
            loading={isBusy}
            disabled={typed !== undefined && text !== typed}
            onClick={() => void act()}
          >
            {label}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
