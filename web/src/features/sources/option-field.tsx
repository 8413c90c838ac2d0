// One field of a source's form for what its kind takes.
import { Area, Field } from "@/shared/ui/field";
import { Select } from "@/shared/ui/select";
import { useId } from "react";
import { asText, type Option } from "./kinds";

interface Props {
  option: Option;
  /** As it is kept; undefined where it is not set. */
  value: unknown;
  flaw: string | undefined;
}

/** Names of variables that may hold secrets: what is none is not even sent. */
const SECRET = "PINCITE_SECRET_\\w+";

export function OptionField({ option, value, flaw }: Props) {
  const { type, label, hint } = option;
  const name = `option.${option.name}`;
  if (type === "flag") return <Flag name={name} label={label} isOn={typeof value === "boolean" ? value : option.usual} />;
  if (type === "choice") {
    return (
      <Select label={label} name={name} initial={asText(value) || option.usual}>
        {option.choices.map(([each, words]) => (
          <option key={each} value={each}>
            {words}
          </option>
        ))}
      </Select>
    );
  }
  const shared = { label, name, hint, flaw, defaultValue: asText(value), autoComplete: "off", spellCheck: false, autoCapitalize: "none" };
  if (type === "patterns") return <Area {...shared} rows={2} placeholder={option.placeholder} />;
  if (type === "number") {
    const { min, max, step, usual } = option;
    return <Field {...shared} type="number" inputMode="decimal" min={min} max={max} step={step} placeholder={String(usual)} />;
  }
  const isSecret = type === "secret";
  return (
    <Field
      {...shared}
      required={option.required}
      maxLength={500}
      placeholder={option.placeholder}
      {...(isSecret && { pattern: SECRET, title: "Its name begins with PINCITE_SECRET_" })}
    />
  );
}

function Flag({ name, label, isOn }: { name: string; label: string; isOn: boolean }) {
  const id = useId();
  return (
    <p className="flex items-start gap-2 text-sm sm:col-span-2">
      <input id={id} type="checkbox" name={name} value="true" defaultChecked={isOn} className="mt-1 shrink-0 accent-accent" />
      <label htmlFor={id}>{label}</label>
    </p>
  );
}
