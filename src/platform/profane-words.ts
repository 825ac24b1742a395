/**
 * English words that no name shown to others may contain, as stems: an ending of theirs does not hide them. Short on purpose: every word
 * here is one that has no harmless use as a name. Moderators see to the rest.
 */
export const PROFANE_STEMS: readonly string[] = [
  'asshole', 'bastard', 'bitch', 'bollocks', 'bullshit', 'cocksucker', 'cunt', 'dickhead', 'fag', 'faggot', 'fuck', 'fucker', 'jizz', 'kike',
  'motherfuck', 'motherfucker', 'nazi', 'nigga', 'nigger', 'paki', 'paedo', 'pedo', 'penis', 'pussy', 'rape', 'rapist', 'retard', 'shit', 'slut',
  'tits', 'tranny', 'twat', 'vagina', 'wank', 'wanker', 'whore',
];
