"""The controls that are switched off one by one, as data: where each stands, what is put in its place, who must notice.

How that is done is in `controls.py`. Texts are those of `src/pincite/`; tests are named from `tests/`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Control:
    """Something that keeps harm away.

    Args:
        name: what it keeps away, in few words.
        file: the module that it stands in, from `src/pincite/`.
        line: text of that module; each place where it stands is changed.
        instead: what is put in its place.
        tests: those of which at least one must fail then.
    """

    name: str
    file: str
    line: str
    instead: str
    tests: tuple[str, ...]


def _named(file: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{file}::{name}" for name in names)


DOOR, PEOPLE = "unit/accounts/test_door.py", "unit/accounts/test_people.py"
PASSWORDS, FACTOR = "unit/accounts/test_passwords.py", "unit/accounts/test_second_factor.py"
ACCOUNTS, HTTPS, EDGE = "unit/accounts/test_accounts.py", "flow/test_https.py", "flow/test_edge.py"
GRANTS, WALL, AUDIT = "contract/test_grants.py", "contract/test_tenant_wall.py", "contract/test_audit.py"
FETCHING, URLS, CHILD = "unit/guard/test_fetching.py", "adversary/test_urls.py", "adversary/test_parser_child.py"
ARCHIVES, SANDBOX = "contract/test_archives.py", "unit/guard/test_sandbox.py"

AUTHORISATION = (
    Control(
        "a route asks for its permission",
        "accounts/door.py",
        "if self.permission not in permissions_of(scope):",
        "if not self.permission:",
        _named(DOOR, "test_a_permission_is_granted_by_a_role_or_not_at_all"),
    ),
    Control(
        "who asks is proved before anything is read",
        "app/door_edge.py",
        "await requirement(await self._door.enter(request))",
        "requirement.permission.value.strip()",
        _named("flow/test_bad_input.py", "test_nothing_of_a_request_is_read_before_it_is_known_who_sends_it"),
    ),
    Control(
        "a route without a permission stops the start",
        "app/web.py",
        "    check_declared(app.routes)\n",
        "",
        _named("flow/test_openapi.py", "test_a_route_without_a_permission_stops_start_up"),
    ),
    Control(
        "a narrowed key does no more than it says",
        "accounts/domain.py",
        "return given if scope.permissions is None else given & scope.permissions",
        "return given",
        _named(DOOR, "test_a_permission_is_granted_by_a_role_or_not_at_all"),
    ),
    Control(
        "what is not granted is not there",
        "library/store/access.py",
        "return within if scope.sees_all else and_(within, _granted(scope, row, level))",
        "return within",
        _named(GRANTS, "test_everybody_gets_what_is_granted_and_nothing_else"),
    ),
    Control(
        "what is another tenant's is not there",
        "library/store/access.py",
        "    within = row.tenant == scope.tenant\n",
        "    within = row.tenant != ''\n",
        _named("contract/test_store_tenants.py", "test_a_stranger_finds_nothing_and_cannot_tell_why"),
    ),
    Control(
        "a level holds those before it and no more",
        "library/store/access.py",
        "GrantRow.level >= level.rank,",
        "GrantRow.level >= 0,",
        _named(GRANTS, "test_levels_hold_those_before_them", "test_everybody_gets_what_is_granted_and_nothing_else"),
    ),
    Control(
        "a grant to a group is for its members",
        "library/store/access.py",
        "GrantRow.grantee_id.in_(sorted(scope.groups))",
        "GrantRow.grantee_id != ''",
        _named(GRANTS, "test_everybody_gets_what_is_granted_and_nothing_else"),
    ),
    Control(
        "only owners make owners",
        "accounts/people.py",
        "    if Role.OWNER in roles and Role.OWNER not in scope.roles:\n",
        "    if not roles:\n",
        _named(PEOPLE, "test_only_owners_make_change_and_act_as_owners"),
    ),
    Control(
        "a narrowed key lets nobody in who may do more",
        "accounts/people.py",
        "<= permissions_of(scope):",
        "<= frozenset(Permission):",
        _named(PEOPLE, "test_a_narrowed_key_lets_nobody_in_who_may_do_more"),
    ),
    Control(
        "no key outlives the one that it was made with",
        "accounts/service.py",
        "return scope.until is not None and (ends is None or ends > scope.until)",
        "return False",
        _named(PEOPLE, "test_no_key_outlives_the_one_that_it_was_made_with"),
    ),
    Control(
        "keys are their user's",
        "accounts/service.py",
        "return user_id == scope.user or Permission.ADMIN in permissions_of(scope)",
        "return True",
        _named(PEOPLE, "test_everybody_has_keys_of_their_own_and_sees_no_others"),
    ),
    Control(
        "the last owner stays",
        "accounts/people.py",
        "if leaves and not user.disabled:",
        "if leaves and not user.id:",
        _named(PEOPLE, "test_the_last_owner_stays_an_owner"),
    ),
    Control(
        "a stream ends with its reader's rights",
        "accounts/watch.py",
        "while await door.prove(request) == scope:",
        "while await door.prove(request):",
        _named("unit/accounts/test_watch.py", "test_a_stream_ends_when_its_reader_changes"),
    ),
    Control(
        "an answer goes with what it rests on",
        "answers/withholding.py",
        "documents & hidden)",
        "documents & hidden & {''})",
        _named("flow/test_withheld.py", "test_an_answer_goes_with_the_grant_that_it_rests_on_and_comes_back_with_it"),
    ),
    Control(
        "a stranger gets no replay",
        "app/replays/edge.py",
        "asker = await self._door.enter(request)",
        "asker = await self._door.enter(request)\n            asker = type(asker)(asker.tenant, 'same')",
        _named("flow/test_replays.py", "test_a_secret_is_not_kept_and_a_stranger_gets_no_replay"),
    ),
)
SIGNING_IN = (
    Control(
        "a link runs out",
        "accounts/store/proofs.py",
        "SignInTokenRow.secret_hash == secret_hash, SignInTokenRow.expires_at > now)",
        "SignInTokenRow.secret_hash == secret_hash)",
        _named(ACCOUNTS, "test_a_token_runs_out"),
    ),
    Control(
        "a session ends when it is not used, and after ninety days",
        "accounts/service.py",
        "return min(proof.expires_at, proof.created_at + timedelta(days=LONGEST_SESSION_DAYS)) <= now",
        "return proof.expires_at <= now",
        _named(HTTPS, "test_a_session_ends_after_ninety_days_however_much_it_is_used"),
    ),
    Control(
        "a session that ended opens nothing",
        "accounts/service.py",
        "or not known or _is_over(proof, now):",
        "or not known:",
        _named(ACCOUNTS, "test_a_session_slides_and_runs_out"),
    ),
    Control(
        "signing out ends the session at the server",
        "accounts/service.py",
        "            await store.drop_session(tx, hashed)\n",
        "",
        _named(DOOR, "test_signing_out_ends_the_session_at_the_server"),
    ),
    Control(
        "signing in anew ends the session until then",
        "accounts/sessions.py",
        "        await accounts.end_session(former)\n",
        "        assert former\n",
        _named(HTTPS, "test_signing_in_anew_ends_the_session_until_then"),
    ),
    Control(
        "keys of somebody who is disabled open nothing",
        "accounts/store/proofs.py",
        "KeyRow.secret_hash == secret_hash, UserRow.disabled_at.is_(None))",
        "KeyRow.secret_hash == secret_hash)",
        _named(PEOPLE, "test_disabling_ends_sessions_and_keys_at_once_and_enabling_brings_keys_back"),
    ),
    Control(
        "sessions of somebody who is disabled open nothing",
        "accounts/store/proofs.py",
        "SessionRow.secret_hash == secret_hash, UserRow.disabled_at.is_(None))",
        "SessionRow.secret_hash == secret_hash)",
        _named(PEOPLE, "test_a_session_that_was_left_to_somebody_who_is_disabled_opens_nothing"),
    ),
    Control(
        "a key that expired opens nothing",
        "accounts/service.py",
        "if proof is None or expired or",
        "if proof is None or",
        _named(PEOPLE, "test_a_key_ends_when_it_expires_and_another_secret_ends_the_first"),
    ),
    Control(
        "a change of the password ends other sessions",
        "accounts/passwords.py",
        "            await store.drop_other_sessions(tx, scope, proof.secret_hash)\n",
        "",
        _named(PASSWORDS, "test_a_change_ends_all_other_sessions_and_links"),
    ),
    Control(
        "a change of the password takes the current one",
        "accounts/passwords.py",
        "        if hashed is not None and not _is_fresh(scope, proof):\n",
        "        if not new:\n",
        _named(PASSWORDS, "test_a_change_takes_the_current_password_unless_a_link_was_just_used"),
    ),
    Control(
        "passwords cannot be tried on and on",
        "accounts/throttle.py",
        "            if left_s > 0:\n",
        "            if left_s < 0:\n",
        _named("flow/test_sign_in.py", "test_after_five_failures_there_is_a_wait_for_known_and_unknown_alike"),
    ),
    Control(
        "an unknown address costs a hash too",
        "accounts/passwords.py",
        "matches = await self._hasher",
        "matches = found is not None and await self._hasher",
        _named(PASSWORDS, "test_an_unknown_address_costs_a_hash_too"),
    ),
    Control(
        "a password that is easily guessed is refused",
        "accounts/password_rules.py",
        "if len(set(left := _left_over(normal, name, email))) < _LEAST_KINDS or len(left) < _LEAST_LEFT:",
        "if not normal:",
        _named("unit/accounts/test_password_rules.py", "test_what_is_tried_first_is_refused"),
    ),
    Control(
        "a second factor is asked for",
        "accounts/passwords.py",
        "            if owes_code:\n",
        "            if owes_code and not user.id:\n",
        _named(FACTOR, "test_it_counts_once_a_code_confirmed_it_and_then_the_password_is_not_enough"),
    ),
    Control(
        "a code is good once",
        "accounts/second_factor.py",
        "after=known.last_step)",
        "after=-1)",
        _named(FACTOR, "test_a_code_is_good_once_even_for_two_at_the_same_time"),
    ),
    Control(
        "a sealed secret is its user's",
        "accounts/vault.py",
        "about.encode())",
        'b"")',
        _named(FACTOR, "test_somebody_elses_secret_cannot_be_put_in_place"),
    ),
    Control(
        "a key does not change what people sign in with",
        "accounts/factor_routes.py",
        'if session is None or "authorization" in request.headers:',
        "if session is None:",
        _named("flow/test_sign_in.py", "test_a_key_sets_no_password_and_nothing_is_kept_to_guess_from"),
    ),
)
BROWSER = (
    Control(
        "no other site changes anything",
        "accounts/door.py",
        "and not is_own_site(request):",
        "and not request.method:",
        _named(DOOR, "test_a_change_with_our_cookie_must_come_from_our_pages"),
    ),
    Control(
        "no other site signs somebody in",
        "accounts/sessions.py",
        "    if is_foreign_site(request):\n",
        "    if not request.method:\n",
        _named(DOOR, "test_another_site_cannot_sign_somebody_in"),
    ),
    Control(
        "other hosts are not answered for",
        "app/middleware.py",
        "        if self._hosts.answer_for(asked):\n",
        "        if self._hosts:\n",
        _named("unit/app/test_hosts.py", "test_a_request_for_another_host_goes_no_further"),
    ),
    Control(
        "one host is named",
        "app/middleware.py",
        "if len(given) == 1 else None",
        "if given else None",
        _named("unit/app/test_hosts.py", "test_a_request_for_another_host_goes_no_further"),
    ),
    Control(
        "there is a content policy",
        "app/middleware.py",
        'headers.setdefault("Content-Security-Policy", _API_POLICY if of_api else _APP_POLICY)',
        "headers.setdefault('X-Nothing', str(of_api) + _API_POLICY + _APP_POLICY)",
        _named(EDGE, "test_the_app_may_run_its_own_files_and_the_api_none"),
    ),
    Control(
        "no inline script",
        "app/middleware.py",
        "script-src 'self' 'wasm-unsafe-eval'",
        "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'",
        _named(EDGE, "test_the_app_may_run_its_own_files_and_the_api_none"),
    ),
    Control(
        "a tenant's data is kept by no cache",
        "app/middleware.py",
        'headers["Cache-Control"] = "no-store"',
        'headers["Cache-Control"] = "no-cache"',
        _named(EDGE, "test_reading_changes_nothing_and_is_kept_by_nobody"),
    ),
    Control(
        "nothing is guessed of a reply",
        "app/middleware.py",
        '    "X-Content-Type-Options": "nosniff",\n',
        "",
        _named("flow/test_replies.py", "test_every_reply_says_what_it_is_and_how_it_may_be_shown"),
    ),
    Control(
        "no script reads the session",
        "accounts/sessions.py",
        'httponly=True, samesite="strict", secure=secure)',
        'httponly=False, samesite="strict", secure=secure)',
        _named(DOOR, "test_a_link_signs_in_once_and_the_cookie_opens_the_door"),
    ),
    Control(
        "no other site sends the session",
        "accounts/sessions.py",
        'samesite="strict", secure=secure)',
        'samesite="none", secure=secure)',
        _named(DOOR, "test_a_link_signs_in_once_and_the_cookie_opens_the_door"),
    ),
    Control(
        "a neighbour's cookie counts for nothing",
        "app/cookies.py",
        "elif not cookie.startswith(_OURS):",
        "else:",
        _named(HTTPS, "test_a_cookie_without_the_prefix_counts_for_nothing"),
    ),
    Control(
        "TLS stays",
        "app/middleware.py",
        'headers.setdefault("Strict-Transport-Security", _TLS_ONLY)',
        "headers.setdefault('X-Nothing', _TLS_ONLY)",
        _named(HTTPS, "test_browsers_are_told_to_stay_with_tls_and_only_over_tls"),
    ),
    Control(
        "documents are downloads",
        "library/delivery.py",
        'disposition = "inline" if is_shown else "attachment"',
        'disposition = "inline" if is_shown else "inline "',
        _named("unit/library/test_delivery.py", "test_only_pdf_is_shown_in_the_browser_and_every_type_has_a_name"),
    ),
    Control(
        "a body has an end",
        "app/bodies.py",
        "        if self._left < 0:\n",
        "        if self._left is None:\n",
        _named("adversary/test_bounds.py", "test_what_has_no_end_is_refused_while_it_comes"),
    ),
    Control(
        "headers have an end",
        "app/front.py",
        "if self._bodiless > HEAD_BYTES and",
        "if self._bodiless < 0 and",
        _named("adversary/test_bounds.py", "test_what_has_no_end_is_refused_while_it_comes"),
    ),
)
OUTWARD = (
    Control(
        "private places are not fetched from",
        "guard/outbound.py",
        "if not allowed and not all(map(_is_fetched_from, found)):",
        "if not allowed and not found:",
        _named(FETCHING, "test_no_spelling_of_a_private_place_sends_a_packet"),
    ),
    Control(
        "what was checked is connected to",
        "guard/fetching.py",
        "self._network.connect_tcp(address, port,",
        "self._network.connect_tcp(host, port,",
        _named(FETCHING, "test_a_name_that_changes_its_mind_is_asked_once_for_each_connection"),
    ),
    Control(
        "all addresses of a name are public",
        "guard/outbound.py",
        "not all(map(_is_fetched_from, found))",
        "not any(map(_is_fetched_from, found))",
        _named(URLS, "test_a_name_with_one_private_address_is_none"),
    ),
    Control(
        "this machine's public address is not fetched from",
        "guard/outbound.py",
        "and is_public(address) and not is_own(address)",
        "and is_public(address)",
        _named(URLS, "test_the_public_address_of_this_machine_is_not_fetched_from"),
    ),
    Control(
        "only usual ports",
        "guard/outbound.py",
        "        if port not in ports:\n",
        "        if not port:\n",
        _named(FETCHING, "test_no_spelling_of_a_private_place_sends_a_packet"),
    ),
    Control(
        "an address names no user",
        "guard/urls.py",
        '    if "@" in place:\n',
        "    if not place:\n",
        _named(FETCHING, "test_no_spelling_of_a_private_place_sends_a_packet"),
    ),
    Control(
        "https does not become http",
        "guard/fetching.py",
        'if url.scheme == "https" and following.scheme == "http":',
        'if url.scheme == "" and following.scheme == "http":',
        _named(FETCHING, "test_https_does_not_become_http"),
    ),
    Control(
        "what is fetched has an end",
        "guard/fetching.py",
        "                if size > most:\n",
        "                if size < 0:\n",
        _named(FETCHING, "test_limits_hold"),
    ),
    Control(
        "secrets are hidden by their values",
        "core/redaction.py",
        "        for spelt in self._spellings:\n",
        "        for spelt in self._spellings[:0]:\n",
        _named("unit/core/test_redaction.py", "test_a_secret_is_hidden_in_every_spelling"),
    ),
    Control(
        "no line of a log is forged",
        "core/telemetry.py",
        "return self._redact(json.dumps(said))",
        "return self._redact(record.getMessage())",
        _named("unit/core/test_telemetry.py", "test_logs_are_json_without_secrets"),
    ),
)
PARSERS = (
    Control(
        "a parser opens no file",
        "guard/confine.py",
        "    if _restrict_files(libc, folders):\n",
        "    if not folders:\n",
        _named(CHILD, "test_nothing_that_it_tries_comes_to_anything"),
    ),
    Control(
        "a parser makes few system calls",
        "guard/confine.py",
        "    if _filter_calls(libc, threads=threads):\n",
        "    if libc is None:\n",
        _named(CHILD, "test_nothing_that_it_tries_comes_to_anything"),
    ),
    Control(
        "a parser has no more memory",
        "guard/confine.py",
        "resource.setrlimit(resource.RLIMIT_AS, (size, size))",
        "assert size",
        _named(SANDBOX, "test_the_memory_limit_ends_one_child_while_another_goes_on"),
    ),
    Control(
        "a parser writes no file",
        "guard/confine.py",
        "    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n",
        "",
        _named(CHILD, "test_the_walls_are_named_and_stand", "test_nothing_that_it_tries_comes_to_anything"),
    ),
    Control(
        "a parser has no rights of root",
        "guard/confine.py",
        "    if _drop_privileges(libc, folders):\n",
        "    if not folders:\n",
        _named(CHILD, "test_the_walls_are_named_and_stand", "test_nothing_that_it_tries_comes_to_anything"),
    ),
    Control(
        "a parser has a network of its own",
        "guard/confine.py",
        "_CLONE_NEWUSER | _CLONE_NEWNET | _CLONE_NEWIPC",
        "0",
        _named(CHILD, "test_the_walls_are_named_and_stand", "test_nothing_that_it_tries_comes_to_anything"),
    ),
    Control(
        "a parser knows no secret",
        "guard/sandbox.py",
        'env={"LANG": "C.UTF-8",',
        'env={**__import__("os").environ, "LANG": "C.UTF-8",',
        _named(SANDBOX, "test_it_can_read_the_given_file_and_knows_no_secret"),
    ),
    Control(
        "a parser opens one owner's documents",
        "guard/sandbox.py",
        "if whose is None or child.whose in {None, whose}:",
        "if child.alive:",
        _named(SANDBOX, "test_a_child_that_opened_ones_document_opens_no_others"),
    ),
    Control(
        "XML declares nothing",
        "guard/archives.py",
        "        if has_internal_subset:\n",
        "        if has_internal_subset is None:\n",
        _named("contract/test_formats.py", "test_bad_input_is_refused_with_what_to_do"),
    ),
    Control(
        "an archive unpacks to no more than its allowance",
        "guard/source.py",
        "        if self.is_spent:\n",
        "        if self.is_spent is None:\n",
        _named(ARCHIVES, "test_bombs_of_every_make_are_refused"),
    ),
    Control(
        "an archive is not packed beyond reason",
        "guard/archives.py",
        "if info.file_size > _RATIO_FREE_BYTES and",
        "if info.file_size < 0 and",
        _named(ARCHIVES, "test_bombs_of_every_make_are_refused"),
    ),
    Control(
        "an archive has no more members",
        "guard/archives.py",
        "    if members > MAX_MEMBERS:\n",
        "    if members < 0:\n",
        _named(ARCHIVES, "test_bombs_of_every_make_are_refused"),
    ),
    Control(
        "bytes are named by their sha256 alone",
        "core/blobs.py",
        '_SHA256 = re.compile(r"[0-9a-f]{64}")',
        '_SHA256 = re.compile(r".*", re.DOTALL)',
        _named("contract/test_blobs.py", "test_only_a_sha256_names_bytes"),
    ),
)
ROWS = (
    Control(
        "the wall stands for the tables' owner too",
        "app/migrations/versions/0014_rows_of_a_tenant.py",
        '        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")',
        "        assert table",
        _named(WALL, "test_every_table_has_the_wall"),
    ),
    Control(
        "a transaction is for one tenant",
        "core/database.py",
        '{"tenant": scope.tenant}',
        '{"tenant": "*"}',
        _named(WALL, "test_a_query_without_its_predicate_leaks_no_row"),
    ),
    Control(
        "no row is made in another tenant",
        "app/migrations/versions/0014_rows_of_a_tenant.py",
        "WITH CHECK ({rule})",
        "WITH CHECK (true)",
        _named(WALL, "test_rows_of_another_tenant_are_neither_changed_nor_made"),
    ),
    Control(
        "the audit log is a chain",
        "core/trail.py",
        'f"{previous}\\n{_canonical(words)}"',
        'f"\\n{_canonical(words)}"',
        _named(AUDIT, "test_rows_that_are_taken_out_put_in_or_moved_are_found"),
    ),
    Control(
        "an end that was cut off is found",
        "accounts/audit.py",
        "    if end.seq > head.seq:\n",
        "    if end.seq >= head.seq:\n        return None\n    if end.seq > head.seq:\n",
        _named(AUDIT, "test_rows_that_are_taken_out_put_in_or_moved_are_found"),
    ),
    Control(
        "no entry of the audit log is changed",
        "app/migrations/versions/0012_the_audit_log.py",
        '    ("audit_entries_no_update", "UPDATE ON audit_entries", ""),\n',
        "",
        _named("flow/test_migrations.py", "test_the_audit_log_can_be_added_to_and_nothing_else"),
    ),
    Control(
        "what is refused is noted",
        "app/audit_edge.py",
        "_REFUSED = frozenset({401, 403})",
        "_REFUSED = frozenset({599})",
        _named("flow/test_audit.py", "test_what_is_refused_is_noted_and_a_flood_of_it_is_not"),
    ),
)
CONTROLS = (*AUTHORISATION, *SIGNING_IN, *BROWSER, *OUTWARD, *PARSERS, *ROWS)
